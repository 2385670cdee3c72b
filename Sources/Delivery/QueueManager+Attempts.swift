internal import MailModel
internal import Spool
internal import Storage

/// One attempt: which recipients go by which agent, and what came of it.
extension QueueManager {
    /// Tries the recipients that are not settled, each on its way.
    func attempt(
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
}

extension QueueRecipient {
    fileprivate var isUnsettled: Bool { state == .active || state == .deferred }
}
