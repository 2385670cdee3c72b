package import Logging
package import MailModel
package import Storage

/// Accounts' mailboxes, in the terms of mail: a thin layer over the storage engine.
package final class MailboxStore: Sendable {
    /// RFC 9051 section 5.1: the one mailbox every account has. Its name knows no case; here it is
    /// always written so.
    package static let inbox = "INBOX"

    private let storage: any MailboxStorage
    private let locks = MaildropLocks()
    private let logger: Logger

    package init(storage: any MailboxStorage, logger: Logger) {
        self.storage = storage
        self.logger = logger
    }

    /// Opens the account's INBOX for POP3, with the exclusive lock of RFC 1939 section 4. The lock
    /// goes with the maildrop's `close`, or with the maildrop itself.
    package func openMaildrop(account: AccountID) async throws(MaildropError) -> Maildrop {
        guard let lock = locks.take(account) else {
            logger.info("maildrop is locked", metadata: ["account": "\(account)"])
            throw .locked
        }
        do throws(MailError) {
            let mailbox = try await storage.openMailbox(account, name: Self.inbox)
            let messages = try await storage.messages(in: mailbox.id)
            return Maildrop(
                storage: storage, account: account, mailbox: mailbox, messages: messages,
                lock: lock)
        } catch {
            throw .unavailable(error)
        }
    }

    /// Octets and messages in all the account's mailboxes.
    package func usage(of account: AccountID) async throws(MailError)
        -> (bytes: Int64, messages: Int64)
    {
        try await storage.usage(of: account)
    }

    /// Whether a message of `size` octets more would exceed the quota. Delivery decides for itself,
    /// exactly; this is for refusing early.
    package func isFull(_ account: AccountID, quota: Quota, size: Int) async throws(MailError)
        -> Bool
    {
        guard quota != .unlimited else { return false }
        let usage = try await storage.usage(of: account)
        let bytesLeft = quota.bytes.map { $0 - usage.bytes >= Int64(size) } ?? true
        let messagesLeft = quota.messages.map { $0 > usage.messages } ?? true
        return !(bytesLeft && messagesLeft)
    }

    /// Every committed change from now on, in order; ends for a subscriber that falls too far
    /// behind.
    package func changes() -> AsyncStream<MailboxChange> { storage.changes() }
}
