internal import Directory
package import Logging
package import MailModel
package import Spool
internal import Storage

/// Takes messages from the spool when they are due, sends their recipients on their ways, and
/// records what became of them.
///
/// What a crash leaves behind, step by step: before the attempt's result is recorded, the
/// recipient is as it was and is tried again (a local delivery records itself). After a failure is
/// recorded and before its report is stored, the report is still owed. After the report is stored
/// and before that is recorded, the report is sent twice.
package final class QueueManager: Sendable {
    let spool: Spool
    let resolver: any RecipientResolving
    let local: any DeliveryAgent
    private let remote: (any DeliveryAgent)?
    let hosts: (any HostAsking)?
    let configuration: QueueManagerConfiguration
    let reports: ReportPolicy
    let reporter: Reporter
    let verdicts: VerdictPolicy
    private let log: DeliveryLog
    private let executors: [any TaskExecutor]
    let underWay = LeasesUnderWay()
    let logger: Logger

    /// - Parameters:
    ///   - remote: carries mail to other hosts; without one such mail waits in the queue.
    ///   - hosts: asks which host of a distributed domain has an address; nil: such mail waits.
    ///   - submission: where reports are handed in; nil: the spool.
    ///   - executors: run the deliveries in turn; best those of the connections that these use.
    package init(
        spool: Spool, resolver: any RecipientResolving, remote: (any DeliveryAgent)? = nil,
        hosts: (any HostAsking)? = nil, configuration: QueueManagerConfiguration,
        submission: (any ReportSubmission)? = nil, observer: (any DeliveryObserver)? = nil,
        executors: [any TaskExecutor] = [], logger: Logger
    ) {
        self.spool = spool
        self.resolver = resolver
        self.remote = remote
        self.hosts = hosts
        self.configuration = configuration
        self.executors = executors
        self.logger = logger
        local = LocalDelivery(spool: spool)
        reports = ReportPolicy(doubleBounce: configuration.reports.doubleBounce)
        reporter = Reporter(
            spool: spool, submission: submission ?? spool, resolver: resolver,
            configuration: configuration.reports, observer: observer, logger: logger)
        verdicts = VerdictPolicy(
            retry: configuration.retry, delayWarning: configuration.delayWarning, reports: reports)
        log = DeliveryLog(logger: logger, observer: observer)
    }

    /// How far a message is on its way to other hosts, one for each of its destinations in work.
    package func deliveries(of id: QueueID) -> [DeliveryUnderWay] { underWay.statuses(of: id) }

    /// Runs until its task is cancelled; what is in work then is finished first.
    package func run() async {
        await withTaskExecutorPreference(executors.first) {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.spool.takeIn() }
                group.addTask { await self.spool.keepWeights { await self.weight(of: $0) } }
                while let lease = await spool.nextLease() {
                    group.addTask(executorPreference: executor()) { await self.work(on: lease) }
                }
            }
        }
    }

    /// A single message stays where it was found; many are shared out.
    private func executor() -> (any TaskExecutor)? {
        if executors.isEmpty { return nil }
        return executors[max(spool.counts.inWork - 1, 0) % executors.count]
    }

    /// The turns that the domain's entry gives it.
    private func weight(of domain: String) async -> VirtualHostWeight {
        switch await resolver.domain(named: domain) {
        case .found(let domain): .turns(domain.queueWeight ?? 1)
        case .notFound: .usual
        case .unavailable: .unknown
        }
    }

    /// One lease, from the attempts to the reports.
    func work(on lease: Lease) async {
        let verdicts = await attempt(lease, by: remote ?? NoRoute())
        spool.markSent(lease)
        await conclude(lease, verdicts)
    }

    /// Hands out what waits for the destinations to a host that has come for it, until nothing waits
    /// or the host is gone. What is sent is recorded while the next message is on its way.
    package func serve(_ destinations: Set<Destination>, by host: RetrievingHost) async {
        let session = spool.session(for: destinations)
        defer { session.end() }
        await withTaskGroup { group in
            var unrecorded = 0
            while host.isThere, !Task.isCancelled, let lease = await session.next() {
                let verdicts = await attempt(lease, by: host)
                group.addTask { await self.conclude(lease, verdicts) }
                unrecorded += 1
                if unrecorded > Self.maximumUnrecorded, await group.next() != nil { unrecorded -= 1 }
            }
        }
    }

    /// Sent, but not recorded yet: what a crash may send twice.
    private static let maximumUnrecorded = 64

    /// Records what became of the recipients, and reports it.
    private func conclude(_ lease: Lease, _ outcomes: [(QueueRecipient, Verdict)]) async {
        var verdicts: [Verdict] = []
        for (recipient, verdict) in outcomes {
            log.write(verdict, recipient, of: lease.entry, now: spool.clock.now)
            verdicts.append(verdict)
        }
        verdicts += lease.due.compactMap { owed($0, lease.entry) }
        do {
            try await record(lease, verdicts.compactMap(\.update))
            let isComplete = try await report(lease.entry, verdicts.filter { $0.report != nil })
            await spool.end(lease, notBefore: isComplete ? nil : retryMoment)
        } catch {
            logger.error("\(lease.id): cannot record what became of it: \(error)")
            await spool.end(lease, notBefore: retryMoment)
        }
    }

    private var retryMoment: Timestamp {
        spool.clock.now + spool.configuration.storageRetryDelay
    }

    private func record(_ lease: Lease, _ updates: [RecipientUpdate]) async throws(MailError) {
        if !updates.isEmpty { _ = try await spool.record(lease.id, updates) }
    }
}

/// In the place of an agent for other hosts.
private struct NoRoute: DeliveryAgent {
    func deliver(_ attempt: DeliveryAttempt, _ progress: any DeliveryProgress) async
        -> DeliveryResult
    {
        DeliveryResult(attempt.recipients.map { _ in .deferred(.noRoute) })
    }
}

extension MailError {
    /// RFC 3463 X.4.0.
    fileprivate static let noRoute = MailError(451, .init(4, 4, 0), "No route to other hosts yet")
}
