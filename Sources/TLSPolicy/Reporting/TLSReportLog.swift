package import Logging
package import MailModel
internal import Synchronization

/// Counts sessions by day and policy for TLS reports (RFC 8460 section 4), in memory, and writes what
/// was counted to a file a day once a minute: a crash loses a minute of it.
///
/// Counting takes no more than a lock and may be done on an event loop.
package final class TLSReportLog: Sendable {
    package struct Configuration: Sendable {
        /// Made when it does not exist; its parent must.
        package var directory: String
        /// Who reports, for people (RFC 8460 section 4.4): a name and an address.
        package var organization: String
        package var contact: String
        /// The right side of report identifiers.
        package var host: String
        /// How often what was counted is written.
        package var interval = Duration.seconds(60)
        /// Days that are kept, today included.
        package var days = 14
        /// Policies in memory; with so many, they are written at once.
        package var policies = 2000

        package init(directory: String, organization: String, contact: String, host: String) {
            self.directory = directory
            self.organization = organization
            self.contact = contact
            self.host = host
        }
    }

    private struct State {
        var day: UTCDay
        var tallies: [TLSReportPolicy: TLSTally] = [:]
    }

    /// Batches that wait for the disk; more are dropped.
    private static let batchLimit = 16

    private let configuration: Configuration
    private let files: TLSReportFiles
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let state: Mutex<State>
    /// One: batches are written in their order.
    private let threads = WorkerThreads(limit: 1, waitingLimit: batchLimit)

    package init(
        _ configuration: Configuration, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.now = now
        files = TLSReportFiles(directory: configuration.directory, logger: logger)
        state = Mutex(State(day: UTCDay(now())))
        removeOld(UTCDay(now()))
    }

    /// A session that was as the policy wants it, or had TLS where there is no policy.
    package func succeeded(_ policy: TLSReportPolicy) {
        count(policy) { $0.successful += 1 }
    }

    /// A session that was not, whether mail was sent nevertheless or not.
    /// - Parameter failures: the session is one, and counts for each of them (RFC 8460 section 4.4).
    package func failed(_ policy: TLSReportPolicy, _ failures: TLSFailure...) {
        failed(policy, failures)
    }

    package func failed(_ policy: TLSReportPolicy, _ failures: [TLSFailure]) {
        count(policy) { tally in
            tally.failed += 1
            for failure in failures { tally.count(failure, sessions: 1) }
        }
    }

    /// Writes at the interval until the task is cancelled, and then what is left.
    package func run() async {
        repeat {
            try? await Task.sleep(for: configuration.interval)
            await flush()
        } while !Task.isCancelled
    }

    /// Writes what was counted. Returns when the files have it.
    package func flush() async {
        let batch = state.withLock { Self.take(&$0, at: UTCDay(now())) }
        let files = files
        let isDone: Void? = await threads.run { if let batch { batch.write(to: files) } }
        if isDone == nil { tellDropped() }
    }

    /// The report of a day for a domain, as JSON (RFC 8460 section 4.4); nil when there was no session.
    package func report(_ day: UTCDay, domain: String) async -> [UInt8]? {
        let domain = domain.lowercased()
        await flush()
        let files = files
        let tallies = await threads.run { files.read(day, domain: domain) } ?? [:]
        guard !tallies.isEmpty else { return nil }
        return TLSReport(
            organization: configuration.organization, contact: configuration.contact,
            host: configuration.host, day: day, domain: domain, tallies: tallies
        ).json()
    }

    private struct Batch: Sendable {
        let day: UTCDay
        let tallies: [TLSReportPolicy: TLSTally]

        func write(to files: TLSReportFiles) { files.append(tallies, on: day) }
    }

    private func count(_ policy: TLSReportPolicy, _ change: (inout TLSTally) -> Void) {
        let today = UTCDay(now())
        let (batch, isNewDay) = state.withLock { state in
            let isNewDay = state.day != today
            let isFull = state.tallies[policy] == nil && state.tallies.count >= configuration.policies
            let batch = isNewDay || isFull ? Self.take(&state, at: today) : nil
            change(&state.tallies[policy, default: TLSTally()])
            return (batch, isNewDay)
        }
        if let batch {
            let files = files
            if !threads.start({ batch.write(to: files) }) { tellDropped() }
        }
        if isNewDay { removeOld(today) }
    }

    /// What was counted, which begins anew; nil when it is nothing.
    private static func take(_ state: inout State, at day: UTCDay) -> Batch? {
        let batch = state.tallies.isEmpty ? nil : Batch(day: state.day, tallies: state.tallies)
        state = State(day: day)
        return batch
    }

    private func removeOld(_ today: UTCDay) {
        let files = files
        let oldest = today.days(before: configuration.days - 1)
        _ = threads.start { files.remove(before: oldest) }
    }

    private func tellDropped() {
        logger.warning("Data for TLS reports was dropped: the disk is too slow")
    }
}
