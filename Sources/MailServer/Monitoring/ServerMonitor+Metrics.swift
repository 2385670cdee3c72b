internal import Authentication
internal import Directory
internal import MailModel
internal import Metrics
internal import Spool
internal import Storage
internal import Transport

/// The page for Prometheus.
extension ServerMonitor {
    private static let nanoseconds = 1_000_000_000.0

    func metrics() async -> String {
        var page = MetricsText()
        await addQueue(to: &page)
        addDeliveries(to: &page)
        await addSessions(to: &page)
        addDirectory(to: &page)
        addStorage(to: &page)
        await addDisk(to: &page)
        addProcess(to: &page)
        return page.text
    }

    private func addQueue(to page: inout MetricsText) async {
        let now = Timestamp.now
        if let depth = await depth.value {
            let states: [QueueState] = [.active, .deferred, .hold, .delivered, .failed]
            page.family("martlet_queue_recipients", .gauge, "Recipients in the queue.")
            for state in states {
                page.sample(
                    "martlet_queue_recipients", labels: ["state": state.metricName],
                    depth.parts[state]?.recipients ?? 0)
            }
            page.family(
                "martlet_queue_oldest_seconds", .gauge,
                "Age of the oldest message with a recipient in this state; 0 without one.")
            for state in states {
                let oldest = depth.parts[state]?.oldest
                page.sample(
                    "martlet_queue_oldest_seconds", labels: ["state": state.metricName],
                    oldest.map { max(now.since($0).components.seconds, 0) } ?? 0)
            }
        }
        let statuses = spool.destinations()
        page.gauge(
            "martlet_queue_destinations", "Destinations that mail waits for.", statuses.count)
        page.family(
            "martlet_queue_shares", .gauge,
            "Messages' shares for a destination, by what they wait for: their time, their turn, or "
                + "the end of their delivery.")
        for (name, count) in [
            ("time", \DestinationStatus.waiting), ("turn", \.ready), ("delivery", \.inWork),
        ] {
            page.sample(
                "martlet_queue_shares", labels: ["wait": name],
                statuses.reduce(0) { $0 + $1[keyPath: count] })
        }
        let outbound = statuses.filter { $0.destination.isRemote }
        page.gauge(
            "martlet_outbound_deliveries", "Deliveries to other hosts under way.",
            outbound.reduce(0) { $0 + $1.inWork })
        page.gauge(
            "martlet_outbound_slow_deliveries", "Of them, those that wait for a silent host.",
            outbound.reduce(0) { $0 + $1.slow })
    }

    private func addDeliveries(to page: inout MetricsText) {
        page.family(
            "martlet_deliveries_total", .counter,
            "Attempts by recipient, where the mail goes, and what became of it.")
        for (label, count) in deliveries.attempts.values.sorted(by: { $0.label < $1.label }) {
            page.sample(
                "martlet_deliveries_total",
                labels: ["destination": label.destination.rawValue, "result": label.result], count)
        }
        page.counter(
            "martlet_reports_total", "Delivery status notifications sent.", deliveries.reports)
    }

    private func addSessions(to page: inout MetricsText) async {
        let entries = Dictionary(grouping: listeners.all, by: \.name).sorted { $0.key < $1.key }
        page.family("martlet_sessions", .gauge, "Client sessions now.")
        for (name, entries) in entries {
            page.sample(
                "martlet_sessions", labels: ["listener": name],
                entries.reduce(0) { $0 + $1.listener.connectionCount })
        }
        page.family("martlet_sessions_total", .counter, "Client sessions accepted.")
        for (name, entries) in entries {
            page.sample(
                "martlet_sessions_total", labels: ["listener": name],
                entries.reduce(0) { $0 + $1.listener.acceptedCount })
        }
        page.family("martlet_authentications_total", .counter, "Logins and what became of them.")
        for (label, count) in sasl.metrics.results.values.filter({ $0.value > 0 }) {
            page.sample(
                "martlet_authentications_total",
                labels: [
                    "service": label.service, "mechanism": label.mechanism, "result": label.result,
                ], count)
        }
        page.gauge(
            "martlet_event_loop_lag_seconds",
            "How long the slowest event loop took now to come round.",
            await transport.lag() / .seconds(1))
    }

    private func addDirectory(to page: inout MetricsText) {
        let metrics = directory.metrics
        page.gauge(
            "martlet_directory_up", "Whether the directory answered the last search.",
            metrics.isAnswering ? 1 : 0)
        page.histogram(
            "martlet_directory_search_seconds", "Searches that were answered, waiting included.",
            metrics.searchLatency, scale: Self.nanoseconds)
        page.counter(
            "martlet_directory_failures_total", "Searches without an answer to rely on.",
            metrics.failures)
    }

    private func addStorage(to page: inout MetricsText) {
        let metrics = storage.metrics
        page.histogram(
            "martlet_log_commit_seconds", "Batches of the message log, written and synced.",
            metrics.commitLatency, scale: Self.nanoseconds)
        page.histogram(
            "martlet_log_commit_records", "Records in a batch of the message log.",
            metrics.commitRecords)
        page.counter(
            "martlet_log_failures_total", "Batches that could not be written.",
            metrics.commitFailures)
        page.histogram(
            "martlet_index_transaction_seconds", "Transactions of the index.",
            metrics.transactionLatency, scale: Self.nanoseconds)
        page.counter(
            "martlet_index_failures_total", "Transactions that were rolled back.",
            metrics.transactionFailures)
    }

    private func addDisk(to page: inout MetricsText) async {
        let usage = await disk.value
        page.family("martlet_storage_bytes", .gauge, "What the state directory takes.")
        for (name, octets) in [
            ("segments", usage.segments), ("large_messages", usage.largeMessages),
            ("index", usage.index),
        ] {
            page.sample("martlet_storage_bytes", labels: ["kind": name], octets)
        }
        page.gauge(
            "martlet_storage_free_bytes", "Room left on its disk for this process.", usage.free)
    }

    private func addProcess(to page: inout MetricsText) {
        let usage = ProcessUsage.now
        page.family("process_cpu_seconds_total", .counter, "User and system time.")
        page.sample("process_cpu_seconds_total", usage.seconds)
        page.gauge("process_resident_memory_bytes", "Memory in use.", usage.resident)
        page.gauge(
            "process_start_time_seconds", "When the server started, since 1970.",
            Double(started.milliseconds) / 1000)
    }
}

extension QueueState {
    fileprivate var metricName: String {
        switch self {
        case .active: "active"
        case .deferred: "deferred"
        case .hold: "hold"
        case .delivered: "delivered"
        case .failed: "failed"
        }
    }
}

extension Destination {
    fileprivate var isRemote: Bool {
        switch self {
        case .local, .reports: false
        case .domain, .host: true
        }
    }
}

extension DeliveryMetrics.Label: Comparable {
    static func < (a: Self, b: Self) -> Bool {
        (a.destination.rawValue, a.result) < (b.destination.rawValue, b.result)
    }
}
