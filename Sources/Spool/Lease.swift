package import MailModel
package import Storage

/// A message's share for one destination, handed out to be worked on. Nobody else gets it until
/// the lease ends; the message's shares for other destinations may be out at the same time.
package struct Lease: Sendable {
    package let entry: QueueEntry
    /// The recipients to be worked on now: those of the destination whose time has come.
    package let due: [QueueRecipient]
    package let destination: Destination

    package var id: QueueID { entry.id }

    package init(entry: QueueEntry, due: [QueueRecipient], destination: Destination) {
        self.entry = entry
        self.due = due
        self.destination = destination
    }
}

extension QueueRecipient {
    /// Nil while it waits for an operator. A report that is owed is due at once.
    var due: Timestamp? {
        switch state {
        case .active, .deferred: nextAttempt
        case .hold: nil
        case .delivered, .failed: Timestamp(milliseconds: 0)
        }
    }
}

extension QueueEntry {
    /// When the message's share for a destination wants its next turn: at the first due time of its
    /// recipients. Nil when there is none, or all of them wait for an operator.
    func plan(for destination: Destination) -> Schedule.Plan? {
        var plan: Schedule.Plan?
        for recipient in recipients where recipient.destination == destination {
            add(recipient, to: &plan)
        }
        return plan
    }

    /// The plans of all its shares.
    var plans: [Destination: Schedule.Plan] {
        var plans: [Destination: Schedule.Plan] = [:]
        for recipient in recipients {
            add(recipient, to: &plans[recipient.destination])
        }
        return plans
    }

    private func add(_ recipient: QueueRecipient, to plan: inout Schedule.Plan?) {
        guard let due = recipient.due, plan == nil || due < plan!.due else { return }
        plan = Schedule.Plan(
            due: due, virtualHost: recipient.routed.virtualHost(sender: envelope.reversePath),
            lane: recipient.attempts == 0 ? .fresh : .retried, priority: envelope.priority)
    }

    /// The recipients of `destination` to be worked on at `now`; before their time, too, when an
    /// operator or the host says so.
    func due(
        for destination: Destination, now: Timestamp, isForced: Bool
    ) -> [QueueRecipient] {
        recipients.filter { recipient in
            guard let due = recipient.due, isForced || due <= now else { return false }
            return recipient.destination == destination
        }
    }
}
