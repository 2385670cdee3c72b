import MailModel
import Synchronization

/// Which maildrops are open. In memory: the locks end with the server, as its sessions do.
final class MaildropLocks: Sendable {
    private let held = Mutex<Set<AccountID>>([])

    /// Nil when it is taken. Released with the returned object.
    func take(_ account: AccountID) -> MaildropLock? {
        guard held.withLock({ $0.insert(account).inserted }) else { return nil }
        return MaildropLock(account, of: self)
    }

    fileprivate func release(_ account: AccountID) {
        held.withLock { _ = $0.remove(account) }
    }
}

final class MaildropLock: Sendable {
    private let account: AccountID
    private let locks: MaildropLocks

    fileprivate init(_ account: AccountID, of locks: MaildropLocks) {
        self.account = account
        self.locks = locks
    }

    deinit { locks.release(account) }
}
