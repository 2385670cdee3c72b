package import MailModel
package import Storage
import Synchronization

/// Gathers the changes of one account's mailboxes for one session (RFC 5465). Bounded: whoever does
/// not take them in time has missed something and is told so.
package final class AccountWatcher: Sendable {
    private static let capacity = 10_000

    private struct State {
        var changes: [MailboxChange] = []
        var overflowed = false
    }

    package let account: AccountID
    private let state = Mutex(State())
    private let wake: @Sendable () -> Void
    private let onEnd: @Sendable () -> Void

    init(
        _ account: AccountID, wake: @escaping @Sendable () -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) {
        self.account = account
        self.wake = wake
        self.onEnd = onEnd
    }

    deinit { onEnd() }

    /// What has come since the last call. After an overflow nothing is missing from then on.
    package func takeChanges() -> (changes: [MailboxChange], overflowed: Bool) {
        state.withLock { state in
            defer { state = State() }
            return (state.changes, state.overflowed)
        }
    }

    func add(_ change: MailboxChange) {
        state.withLock { state in
            if state.changes.count < Self.capacity {
                state.changes.append(change)
            } else {
                state.changes = []
                state.overflowed = true
            }
        }
        wake()
    }
}
