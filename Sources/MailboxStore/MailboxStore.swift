package import MailModel
package import Storage

/// Accounts' mailboxes, in the terms of mail: a thin layer over the storage engine.
package final class MailboxStore: Sendable {
    private let storage: any MailboxStorage
    private let locks = MaildropLocks()

    package init(storage: any MailboxStorage) {
        self.storage = storage
    }

    /// Opens the account's INBOX for POP3, with the exclusive lock of RFC 1939 section 4. The lock
    /// goes with the maildrop's `close`, or with the maildrop itself.
    package func openMaildrop(account: AccountID) async throws(MaildropError) -> LockedMaildrop {
        guard let lock = locks.take(account) else { throw .locked }
        do throws(MailError) {
            return LockedMaildrop(
                storage: storage, account: account, inbox: try await storage.listInbox(of: account),
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
