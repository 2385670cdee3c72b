package import MailModel
package import Storage

/// A way out of the queue: into mailboxes here, to other hosts. One contract for all of them.
///
/// An agent tries each recipient once and says what became of it; when to try again, when to give
/// up and who is told is the queue manager's to decide. It bounds its own waits, and answers soon
/// after its task is cancelled.
package protocol DeliveryAgent: Sendable {
    /// - Returns: one outcome for each recipient of the attempt, in their order.
    func deliver(_ attempt: DeliveryAttempt) async -> [DeliveryOutcome]
}

/// One message, for some of its recipients.
package struct DeliveryAttempt: Sendable {
    package let message: MessageReference
    package let envelope: Envelope
    package let arrival: Timestamp
    package let recipients: [QueueRecipient]

    package init(
        message: MessageReference, envelope: Envelope, arrival: Timestamp,
        recipients: [QueueRecipient]
    ) {
        self.message = message
        self.envelope = envelope
        self.arrival = arrival
        self.recipients = recipients
    }
}

package enum DeliveryOutcome: Sendable {
    /// Delivered, and recorded so in the same transaction.
    case recorded
    /// Another host has taken it over. `reportsSuccess`: it has said that it will report success
    /// itself (RFC 3461 section 5.2.2).
    case relayed(reportsSuccess: Bool)
    /// Not now (4xx).
    case deferred(MailError)
    /// Never (5xx).
    case failed(MailError)
    /// It had left the queue already.
    case gone
}
