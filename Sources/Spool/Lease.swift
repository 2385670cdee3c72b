package import MailModel
package import Storage

/// A message handed out to be worked on. Nobody else gets it until the lease ends.
package struct Lease: Sendable {
    package let entry: QueueEntry
    /// The recipients to be worked on now: those whose time has come, and those that are settled
    /// and wait for their report.
    package let due: [QueueRecipient]

    package var id: QueueID { entry.id }

    package init(entry: QueueEntry, due: [QueueRecipient]) {
        self.entry = entry
        self.due = due
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
    /// When the message wants its next turn: at the first due time of its recipients. Nil when
    /// all of them wait for an operator.
    var plan: Schedule.Plan? {
        var first: (recipient: QueueRecipient, due: Timestamp)?
        for recipient in recipients {
            guard let due = recipient.due, first == nil || due < first!.due else { continue }
            first = (recipient, due)
        }
        return first.map {
            Schedule.Plan(
                due: $0.due, domain: $0.recipient.routed.address.domain,
                lane: $0.recipient.attempts == 0 ? .fresh : .retried)
        }
    }

    /// The recipients to be worked on at `now`; before their time, too, when an operator says so.
    func dueRecipients(now: Timestamp, isForced: Bool) -> [QueueRecipient] {
        recipients.filter { recipient in
            guard let due = recipient.due else { return false }
            return isForced || due <= now
        }
    }
}
