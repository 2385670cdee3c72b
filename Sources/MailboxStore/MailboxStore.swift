package import MailModel
package import Storage
import Synchronization

/// Accounts' mailboxes, in the terms of mail: a layer over the storage engine that knows which
/// mailboxes are in use and keeps them current. One for the process.
package final class MailboxStore: Sendable {
    /// Accounts whose default mailboxes are known to be there.
    private static let maximumKnownAccounts = 100_000

    package let storage: any MailboxStorage
    private let hub: MailboxHub
    private let locks = MaildropLocks()
    private let knownAccounts = Mutex<Set<AccountID>>([])

    /// - Parameter observer: told of every committed change as well, on the store's thread.
    package init(
        storage: any MailboxStorage, observer: (@Sendable ([MailboxChange]) -> Void)? = nil
    ) {
        self.storage = storage
        let hub = MailboxHub(storage)
        self.hub = hub
        storage.setObserver { changes in
            hub.publish(changes)
            observer?(changes)
        }
    }

    package func mailboxes(of account: AccountID) -> AccountMailboxes {
        AccountMailboxes(account, of: self)
    }

    /// The mailbox as all its sessions share it; read when nobody has it open.
    package func open(_ mailbox: Int64) async throws(MailboxError) -> LiveMailbox {
        try await hub.open(mailbox)
    }

    /// How many messages no session has been told of (RFC 3501: \Recent).
    package func countRecent(in mailbox: MailboxStatus) async throws(MailError) -> Int {
        let from = hub.live(mailbox.id)?.recentFrom ?? mailbox.recentFrom
        guard from < mailbox.uidNext else { return 0 }
        return try await storage.countMessages(from: from, in: mailbox.id)
    }

    /// Has `wake` called after every change of the account's mailboxes, on a thread of the store: it
    /// must not block. Ends with the returned object.
    package func watch(_ account: AccountID, wake: @escaping @Sendable () -> Void)
        -> ChangeWatcher
    {
        hub.watch(account, wake: wake)
    }

    /// The same for what access lists of any account say of these identifiers, as they are stored.
    package func watchAccess(
        of identifiers: Set<String>, wake: @escaping @Sendable () -> Void
    ) -> ChangeWatcher {
        hub.watchAccess(of: identifiers, wake: wake)
    }

    /// Returns once what was accepted for the account before is in its mailboxes.
    package func finishDeliveries(to account: AccountID) async {
        await storage.finishDeliveries(to: account)
    }

    // MARK: POP3

    /// Opens the account's INBOX for POP3, with the exclusive lock of RFC 1939 section 4. The lock
    /// goes with the maildrop's `close`, or with the maildrop itself.
    package func openMaildrop(account: AccountID) async throws(MaildropError) -> LockedMaildrop {
        guard let lock = locks.take(account) else { throw .locked }
        await storage.finishDeliveries(to: account)
        do throws(MailError) {
            return LockedMaildrop(
                storage: storage, account: account, inbox: try await storage.listInbox(of: account),
                lock: lock)
        } catch {
            throw .unavailable(error)
        }
    }

    // MARK: Quota

    /// Octets and messages in all the account's mailboxes.
    package func usage(of account: AccountID) async throws(MailError)
        -> (bytes: Int64, messages: Int64)
    {
        try await storage.usage(of: account)
    }

    /// Whether a message of `size` octets more would exceed the quota. The store decides for itself,
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

    // MARK: Defaults

    func hasDefaults(_ account: AccountID) -> Bool {
        knownAccounts.withLock { $0.contains(account) }
    }

    func setHasDefaults(_ account: AccountID) {
        knownAccounts.withLock { known in
            if known.count >= Self.maximumKnownAccounts { known.removeAll() }
            known.insert(account)
        }
    }
}
