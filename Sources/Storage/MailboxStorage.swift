package import MailModel
package import NIOCore

/// One mailbox as it stands (RFC 9051 section 2.3.1).
package struct MailboxStatus: Sendable, Hashable {
    package var id: Int64
    package var name: String
    package var uidValidity: UInt32
    package var uidNext: UInt32
    package var highestModSequence: UInt64
    package var messages: Int
    package var bytes: Int64

    package init(
        id: Int64, name: String, uidValidity: UInt32, uidNext: UInt32, highestModSequence: UInt64,
        messages: Int, bytes: Int64
    ) {
        self.id = id
        self.name = name
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.highestModSequence = highestModSequence
        self.messages = messages
        self.bytes = bytes
    }
}

/// One message in a mailbox.
package struct MailboxMessage: Sendable {
    package var uid: UInt32
    package var message: MessageReference
    /// Lines that belong before the stored bytes for this recipient only (Return-Path,
    /// Delivered-To), each with its CRLF.
    package var deliveryHeader: [UInt8]
    package var flags: MessageFlags
    package var modSequence: UInt64
    package var internalDate: Timestamp

    /// Octets that a client sees: delivery header and stored bytes.
    package var size: Int { deliveryHeader.count + message.size }

    package init(
        uid: UInt32, message: MessageReference, deliveryHeader: [UInt8], flags: MessageFlags,
        modSequence: UInt64, internalDate: Timestamp
    ) {
        self.uid = uid
        self.message = message
        self.deliveryHeader = deliveryHeader
        self.flags = flags
        self.modSequence = modSequence
        self.internalDate = internalDate
    }
}

/// A mailbox and all its messages in the order of their UIDs, one snapshot.
package struct MailboxListing: Sendable {
    package var status: MailboxStatus
    package var messages: [MailboxMessage]

    package init(status: MailboxStatus, messages: [MailboxMessage]) {
        self.status = status
        self.messages = messages
    }
}

/// A committed change of a mailbox, broadcast after its commit, in order.
package enum MailboxChange: Sendable, Hashable {
    case appended(mailbox: Int64, account: AccountID, firstUID: UInt32, lastUID: UInt32)
    case expunged(mailbox: Int64, account: AccountID, uids: [UInt32], modSequence: UInt64)

    package var account: AccountID {
        switch self {
        case .appended(_, let account, _, _), .expunged(_, let account, _, _): account
        }
    }
}

/// The mailboxes' share of the storage engine. Writes return after their transaction is durable.
package protocol MailboxStorage: Sendable {
    /// The account's mailbox, made (with the account) when it does not exist.
    func openMailbox(_ account: AccountID, name: String) async throws(MailError) -> MailboxStatus

    /// The account's INBOX as its last announced change left it, or newer; made (with the account)
    /// when it does not exist.
    func listInbox(of account: AccountID) async throws(MailError) -> MailboxListing

    /// All messages in the order of their UIDs, one snapshot.
    func messages(in mailbox: Int64) async throws(MailError) -> [MailboxMessage]

    /// Octets `range` of the stored bytes (without the delivery header).
    func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError) -> ByteBuffer

    /// Removes the messages with these UIDs for good; those that are gone already are passed over.
    func expunge(_ uids: [UInt32], from mailbox: Int64, account: AccountID) async throws(MailError)

    /// Octets and messages in all the account's mailboxes.
    func usage(of account: AccountID) async throws(MailError) -> (bytes: Int64, messages: Int64)

    /// A new subscription to every change from now on. A consumer that falls more than
    /// 10,000 changes behind loses its subscription (the stream ends) and reads afresh.
    func changes() -> AsyncStream<MailboxChange>
}
