package import Logging
internal import MailModel
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
    private let configuration: QueueManagerConfiguration
    private let reports: ReportPolicy
    private let reporter: Reporter
    private let verdicts: VerdictPolicy
    private let log: DeliveryLog
    private let logger: Logger

    /// - Parameters:
    ///   - remote: carries mail to other hosts; without one such mail waits in the queue.
    ///   - submission: where reports are handed in; nil: the spool.
    package init(
        spool: Spool, resolver: any RecipientResolving, remote: (any DeliveryAgent)? = nil,
        configuration: QueueManagerConfiguration, submission: (any ReportSubmission)? = nil,
        logger: Logger
    ) {
        self.spool = spool
        self.resolver = resolver
        self.remote = remote
        self.configuration = configuration
        self.logger = logger
        local = LocalDelivery(spool: spool)
        reports = ReportPolicy(doubleBounce: configuration.reports.doubleBounce)
        reporter = Reporter(
            spool: spool, submission: submission ?? spool, resolver: resolver,
            configuration: configuration.reports, logger: logger)
        verdicts = VerdictPolicy(
            retry: configuration.retry, delayWarning: configuration.delayWarning, reports: reports)
        log = DeliveryLog(logger: logger)
    }

    /// Runs until its task is cancelled; what is in work then is finished first.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.spool.takeIn() }
            while let lease = await spool.nextLease() {
                group.addTask { await self.work(on: lease) }
            }
        }
    }

    /// One lease, from the attempts to the reports.
    func work(on lease: Lease) async {
        var verdicts: [Verdict] = []
        for (recipient, verdict) in await attempt(lease) {
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
    private func attempt(_ lease: Lease) async -> [(QueueRecipient, Verdict)] {
        let entry = lease.entry
        var verdicts: [(QueueRecipient, Verdict)] = []
        var mailboxes: [QueueRecipient] = []
        var others: [QueueRecipient] = []
        var review = RecipientReview(resolver: resolver)
        for recipient in lease.due where recipient.isUnsettled {
            if case .remote = recipient.routed.route {
                others.append(recipient)
            } else if needsReview(recipient, entry) {
                switch await review.review(recipient) {
                case .deliver(let recipient): mailboxes.append(recipient)
                case .reroute(let targets):
                    let verdict = self.verdicts.reroute(
                        recipient, to: targets, of: entry, now: spool.clock.now)
                    verdicts.append((recipient, verdict))
                case .outcome(let outcome):
                    verdicts.append((recipient, judge(outcome, recipient, entry)))
                }
            } else {
                mailboxes.append(recipient)
            }
        }
        verdicts += await deliver(mailboxes, of: entry, by: local)
        verdicts += await deliver(others, of: entry, by: remote)
        return verdicts
    }

    private func needsReview(_ recipient: QueueRecipient, _ entry: QueueEntry) -> Bool {
        guard case .mailbox = recipient.routed.route else { return true }
        return recipient.attempts > 0
            && spool.clock.now.since(entry.arrival) >= configuration.reviewAfter
    }

    private func deliver(
        _ recipients: [QueueRecipient], of entry: QueueEntry, by agent: (any DeliveryAgent)?
    ) async -> [(QueueRecipient, Verdict)] {
        guard !recipients.isEmpty else { return [] }
        guard let agent else {
            return recipients.map { ($0, judge(.deferred(.noRoute), $0, entry)) }
        }
        let attempt = DeliveryAttempt(
            message: entry.message, envelope: entry.envelope, arrival: entry.arrival,
            recipients: recipients)
        return zip(recipients, await agent.deliver(attempt)).map { recipient, outcome in
            (recipient, judge(outcome, recipient, entry))
        }
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

extension MailError {
    /// RFC 3463 X.4.0.
    fileprivate static let noRoute = MailError(451, .init(4, 4, 0), "No route to other hosts yet")
    /// RFC 3463 X.0.0: for an entry whose reason was not kept.
    fileprivate static let unknown = MailError(550, .init(5, 0, 0), "Delivery failed")
}
