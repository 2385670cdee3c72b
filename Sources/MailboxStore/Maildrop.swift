package import MailModel
package import NIOCore
import Storage
import Synchronization

/// An account's INBOX as one POP3 session sees it: locked, and as it was when the session began
/// (RFC 1939 section 5). Messages that arrive meanwhile are seen by the next session.
package final class Maildrop: Sendable {
    package struct Message: Sendable {
        let stored: MailboxMessage

        package var uid: UInt32 { stored.uid }
        /// Octets that `read` yields.
        package var size: Int { stored.size }
        package var internalDate: Timestamp { stored.internalDate }
    }

    package let account: AccountID
    /// In the order of their UIDs.
    package let messages: [Message]

    private let storage: any MailboxStorage
    private let mailbox: MailboxStatus
    private let lock: Mutex<MaildropLock?>

    init(
        storage: any MailboxStorage, account: AccountID, mailbox: MailboxStatus,
        messages: [MailboxMessage], lock: MaildropLock
    ) {
        self.storage = storage
        self.account = account
        self.mailbox = mailbox
        self.messages = messages.map { Message(stored: $0) }
        self.lock = Mutex(lock)
    }

    /// The unique-id of RFC 1939 section 7: 1 to 70 printable characters, the same for ever, and
    /// never another message's.
    package func uidl(_ message: Message) -> String { "\(mailbox.uidValidity).\(message.uid)" }

    /// Octets `range` of the message as the client sees it: the recipient's own header lines, then
    /// the stored bytes.
    package func read(_ message: Message, _ range: Range<Int>) async throws(MailError) -> ByteBuffer
    {
        let header = message.stored.deliveryHeader
        let range = range.clamped(to: 0..<message.size)
        guard range.lowerBound < header.count else {
            return try await storage.read(
                message.stored.message,
                range.lowerBound - header.count..<range.upperBound - header.count)
        }
        var bytes = ByteBuffer(
            bytes: header[range.lowerBound..<min(range.upperBound, header.count)])
        if range.upperBound > header.count {
            var stored = try await storage.read(
                message.stored.message, 0..<range.upperBound - header.count)
            bytes.writeBuffer(&stored)
        }
        return bytes
    }

    /// Ends the session: removes these messages for good (RFC 1939 section 6, the UPDATE state)
    /// and gives the lock back, even when removing fails.
    package func close(deleting uids: [UInt32]) async throws(MailError) {
        defer { lock.withLock { $0 = nil } }
        if !uids.isEmpty { try await storage.expunge(uids, from: mailbox.id, account: account) }
    }
}
