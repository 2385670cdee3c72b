package import MailModel
package import NIOCore

/// Where stored message bytes are. Opaque outside the engine; stays valid as long as a queue entry
/// or a mailbox refers to the message, also across compaction.
package struct MessageReference: Hashable, Sendable {
    package let id: QueueID
    /// Octets of the message as it goes over the wire, without dot-stuffing.
    package let size: Int

    package init(id: QueueID, size: Int) {
        self.id = id
        self.size = size
    }
}

/// A message that waits for at least one recipient, or for a report about one.
package struct QueueEntry: Sendable {
    package var message: MessageReference
    /// `recipients` of it is empty: they are `recipients` of the entry.
    package var envelope: Envelope
    package var arrival: Timestamp
    /// Only those that are not settled.
    package var recipients: [QueueRecipient]

    package var id: QueueID { message.id }

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

package struct QueueRecipient: Sendable {
    /// Its number within the message, from 0.
    package var number: Int
    package var routed: RoutedRecipient
    package var state: QueueState
    package var attempts: Int
    /// When it may be tried; meaningless while held.
    package var nextAttempt: Timestamp
    /// Why the last attempt failed.
    package var lastError: MailError?
    /// A delay report has been sent.
    package var delayReported: Bool

    package init(
        number: Int, routed: RoutedRecipient, state: QueueState = .active, attempts: Int = 0,
        nextAttempt: Timestamp, lastError: MailError? = nil, delayReported: Bool = false
    ) {
        self.number = number
        self.routed = routed
        self.state = state
        self.attempts = attempts
        self.nextAttempt = nextAttempt
        self.lastError = lastError
        self.delayReported = delayReported
    }
}

/// Postfix's names.
package enum QueueState: UInt8, Sendable {
    /// To be tried now (new, or its time has come).
    case active = 0
    /// Tried, waits for its next attempt.
    case deferred = 1
    /// Waits for an operator.
    case hold = 2
    /// Settled for good; a report about it is still to be queued.
    case delivered = 3
    case failed = 4
}

/// What is to be recorded for one recipient.
package enum RecipientUpdate: Sendable {
    /// Insert into INBOX of the recipient's account and complete it in the same transaction. An account
    /// that has its copy already, by another address, gets none.
    case deliverLocally(number: Int, account: AccountID, quota: Quota)
    /// Another host has it, and no report of ours is due, or it has been queued: it leaves the queue.
    case relayed(number: Int)
    /// Nothing is left to do, or its report has been queued: it leaves the queue.
    case complete(number: Int)
    /// It has failed for good and a report is due.
    case fail(number: Int, MailError)
    /// Try again at `nextAttempt`.
    case postpone(number: Int, until: Timestamp, MailError, delayReported: Bool)
    case hold(number: Int)
    case release(number: Int)
    /// Looked up again: replaced by these (numbers are assigned behind the existing ones), without those
    /// at other hosts whose addresses have their copy or wait for it, unless their success is to be
    /// reported.
    case replace(number: Int, with: [RoutedRecipient])
}

/// What became of a `RecipientUpdate`.
package enum RecipientResult: Sendable {
    case recorded
    /// The account is full: nothing was stored, the recipient is as before.
    case overQuota
    /// No such recipient in the queue any more: nothing was done.
    case gone
}

/// The queue's share of the storage engine. Every call returns after its transaction is durable;
/// waiting calls share one.
package protocol QueueStorage: Sendable {
    /// Whether a message may come: as `makeDraft` asks the disk, for a client that has not sent it yet.
    /// Cheap: what is known is at most a second old.
    /// - Throws: 452 4.3.1 when the disk is nearly full.
    func requireRoom(sizeHint: Int?) throws(MailError)

    /// A place for a new message's bytes. Fails when the disk is nearly full.
    /// - Parameter sizeHint: octets expected (SIZE=), when known.
    func makeDraft(sizeHint: Int?) throws(MailError) -> MessageDraft

    /// Makes the message durable, with its envelope and recipients, and returns. Soon after and in
    /// the order of acceptance, recipients routed to mailboxes are delivered, one copy to each; what then
    /// remains (over quota, remote, unresolved, reports asked for) is announced by `pendingEntries`.
    func accept(
        _ draft: MessageDraft, envelope: Envelope, recipients: [RoutedRecipient]
    ) async throws(MailError)

    /// Entries that need the queue manager: at first all that are in the queue, then each newly
    /// accepted one that was not settled at once. One consumer.
    var pendingEntries: AsyncStream<QueueEntry> { get }

    /// Records what happened to recipients of one message, all in one transaction.
    /// The message leaves the queue with its last recipient.
    func update(_ id: QueueID, _ updates: [RecipientUpdate]) async throws(MailError)
        -> [RecipientResult]

    /// One entry, with the recipients that are not settled.
    func entry(_ id: QueueID) async throws(MailError) -> QueueEntry?

    /// Entries in the order of their ids, after `after`, at most `limit`.
    func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry]

    /// Octets `range` of the message (bounded by its size).
    func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError) -> ByteBuffer
}
