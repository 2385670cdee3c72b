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
    private let spool: Spool
    private let resolver: any RecipientResolving
    private let local: any DeliveryAgent
    private let remote: (any DeliveryAgent)?
    private let hosts: (any HostAsking)?
    private let configuration: QueueManagerConfiguration
    private let reports: ReportPolicy
    private let reporter: Reporter
    private let verdicts: VerdictPolicy
    private let log: DeliveryLog
    private let executors: [any TaskExecutor]
    private let underWay = LeasesUnderWay()
    private let logger: Logger

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

    /// Tries the recipients that are not settled, each on its way.
    private func attempt(
        _ lease: Lease, by remote: any DeliveryAgent
    ) async -> [(QueueRecipient, Verdict)] {
        var verdicts: [(QueueRecipient, Verdict)] = []
        var ready: [QueueRecipient] = []
        var review = RecipientReview(resolver: resolver, hosts: hosts)
        for recipient in lease.due where recipient.isUnsettled {
            if needsReview(recipient, lease.entry) {
                await self.review(recipient, of: lease.entry, by: &review, &ready, &verdicts)
            } else {
                ready.append(recipient)
            }
        }
        let misrouted = await deliver(ready, of: lease, by: remote, &verdicts)
        guard !misrouted.isEmpty else { return verdicts }
        ready = []
        for recipient in misrouted {
            await self.review(recipient, of: lease.entry, by: &review, &ready, &verdicts)
        }
        // Whose way still is not clear is deferred.
        for recipient in await deliver(ready, of: lease, by: remote, &verdicts) {
            verdicts.append((recipient, judge(.misrouted, recipient, lease.entry)))
        }
        return verdicts
    }

    private func review(
        _ recipient: QueueRecipient, of entry: QueueEntry, by review: inout RecipientReview,
        _ ready: inout [QueueRecipient], _ verdicts: inout [(QueueRecipient, Verdict)]
    ) async {
        switch await review.review(recipient) {
        case .deliver(let recipient): ready.append(recipient)
        case .reroute(let targets):
            let verdict = self.verdicts.reroute(
                recipient, to: targets, of: entry, now: spool.clock.now)
            verdicts.append((recipient, verdict))
        case .outcome(let outcome): verdicts.append((recipient, judge(outcome, recipient, entry)))
        }
    }

    /// What could not be told, and where an account lived that may have moved meanwhile.
    private func needsReview(_ recipient: QueueRecipient, _ entry: QueueEntry) -> Bool {
        switch recipient.routed.route {
        case .unresolved: true
        // The agent looks at the directory at each attempt.
        case .remote(.foreign), .remote(.domain): false
        case .mailbox, .remote(.host):
            recipient.attempts > 0
                && spool.clock.now.since(entry.arrival) >= configuration.reviewAfter
        }
    }

    /// - Returns: those for whom the directory has another way by now.
    private func deliver(
        _ recipients: [QueueRecipient], of lease: Lease, by remote: any DeliveryAgent,
        _ verdicts: inout [(QueueRecipient, Verdict)]
    ) async -> [QueueRecipient] {
        var misrouted: [QueueRecipient] = []
        for (recipients, agent) in [
            (recipients.filter { !$0.routed.route.isRemote }, local),
            (recipients.filter { $0.routed.route.isRemote }, remote),
        ] where !recipients.isEmpty {
            let attempt = DeliveryAttempt(
                message: lease.entry.message, envelope: lease.entry.envelope,
                arrival: lease.entry.arrival, recipients: recipients)
            let progress = LeaseProgress(spool, lease)
            let isRemote = recipients[0].routed.route.isRemote
            if isRemote { underWay.insert(progress) }
            let result = await agent.deliver(attempt, progress)
            if isRemote { underWay.remove(progress) }
            switch result.hosts {
            case .answer: spool.feedback(lease, .success)
            case .recover:
                spool.feedback(lease, .success)
                _ = spool.release(lease.destination)
            case .fail: spool.feedback(lease, .hostFailure)
            case .unknown: break
            }
            for (recipient, outcome) in zip(recipients, result.outcomes) {
                if case .misrouted = outcome {
                    misrouted.append(recipient)
                } else {
                    verdicts.append((recipient, judge(outcome, recipient, lease.entry)))
                }
            }
        }
        return misrouted
    }

    private func judge(
        _ outcome: DeliveryOutcome, _ recipient: QueueRecipient, _ entry: QueueEntry
    ) -> Verdict {
        verdicts.judge(
            outcome, recipient, of: entry, now: spool.clock.now,
            variation: configuration.variation())
    }

    /// A settled recipient's report, if anybody wants one.
    private func owed(_ recipient: QueueRecipient, _ entry: QueueEntry) -> Verdict? {
        let action: ReportedRecipient.Action
        switch recipient.state {
        case .failed: action = .failed
        case .delivered: action = .delivered
        case .active, .deferred, .hold: return nil
        }
        let complete = RecipientUpdate.complete(number: recipient.number)
        let status: Verdict.Status = action == .failed ? .bounced : .delivered
        guard reports.target(action, recipient.routed, entry.envelope.reversePath) != nil else {
            return Verdict(status: status, update: complete)
        }
        let report = ReportedRecipient(
            number: recipient.number, routed: recipient.routed, action: action,
            error: action == .failed ? recipient.lastError ?? .unknown : nil,
            lastAttempt: spool.clock.now)
        return Verdict(status: status, report: report, afterReport: complete)
    }

    /// Sends what is to be reported, gathered, and records that. False when some report could not
    /// be stored and its recipients remain as they are.
    private func report(_ entry: QueueEntry, _ verdicts: [Verdict]) async throws(MailError) -> Bool
    {
        var isComplete = true
        var rest = verdicts[...]
        while let first = rest.first?.report {
            let part = rest.prefix(configuration.reports.maximumRecipients)
            rest = rest.dropFirst(part.count)
            // All of one message go to its sender, or all to the postmaster.
            guard
                let target = reports.target(
                    first.action, first.routed, entry.envelope.reversePath)
            else { continue }
            var updates: [RecipientUpdate]
            do {
                try await reporter.send(part.compactMap(\.report), about: entry, to: target)
                updates = part.compactMap(\.afterReport)
            } catch {
                logger.error("\(entry.id): cannot store a report to <\(target)>: \(error)")
                updates = part.compactMap(\.withoutReport)
                isComplete = false
            }
            if !updates.isEmpty { _ = try await spool.record(entry.id, updates) }
        }
        return isComplete
    }
}

extension QueueRecipient {
    fileprivate var isUnsettled: Bool { state == .active || state == .deferred }
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
    /// RFC 3463 X.0.0: for an entry whose reason was not kept.
    fileprivate static let unknown = MailError(550, .init(5, 0, 0), "Delivery failed")
}
