package import MailModel
internal import Synchronization

/// Which maildrops have a session: one at a time (RFC 1939 section 4). IMAP does not take part; what
/// it removes meanwhile, RETR answers with an error.
package final class MaildropLocks: Sendable {
    private let held = Mutex<Set<AccountID>>([])

    package init() {}

    /// False when another session has it.
    package func acquire(_ account: AccountID) -> Bool {
        held.withLock { $0.insert(account).inserted }
    }

    package func release(_ account: AccountID) {
        held.withLock { _ = $0.remove(account) }
    }
}
