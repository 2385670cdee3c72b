package import MailModel
package import NIOCore
package import Storage
import Synchronization

/// An account's INBOX as one POP3 session sees it: locked, and as it was when the session began
/// (RFC 1939 section 5). Messages that arrive meanwhile are seen by the next session.
package final class LockedMaildrop: Sendable {
    package let account: AccountID
    /// With a message's UID it names the message for ever (RFC 9051 section 2.3.1.1).
    package let uidValidity: UInt32
    /// In the order of their UIDs.
    package let messages: [MailboxMessage]

    private let storage: any MailboxStorage
    private let mailbox: Int64
    private let lock: Mutex<MaildropLock?>

    init(
        storage: any MailboxStorage, account: AccountID, inbox: MailboxListing, lock: MaildropLock
    ) {
        self.storage = storage
        self.account = account
        uidValidity = inbox.status.uidValidity
        messages = inbox.messages
        mailbox = inbox.status.id
        self.lock = Mutex(lock)
    }

    /// Octets `range` of the stored bytes: what follows the message's delivery header.
    package func read(
        _ message: MailboxMessage, _ range: Range<Int>
    ) async throws(MailError) -> ByteBuffer {
        try await storage.read(message.message, range)
    }

    /// Keeps the message readable though an IMAP session may remove it.
    package func hold(_ message: MailboxMessage) async throws(MailError) -> MessageHold? {
        try await storage.hold(message.message)
    }

    /// Removes these messages for good (RFC 1939 section 6, the UPDATE state). The lock stays.
    package func remove(_ uids: [UInt32]) async throws(MailError) {
        do throws(MailboxError) {
            try await storage.expunge(uids, onlyDeleted: false, from: mailbox, account: account)
        } catch {
            if case .unavailable(let cause) = error { throw cause }
            throw .localProblem("INBOX of \(account): \(error)")
        }
    }

    /// Gives the lock back; so does the object's end.
    package func close() { lock.withLock { $0 = nil } }
}
