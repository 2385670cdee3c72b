package import Storage
import Synchronization

/// Gathers changes for one session (RFC 5465): those of an account's mailboxes, or those of access
/// lists. Bounded: whoever does not take them in time has missed something and is told so.
package final class ChangeWatcher: Sendable {
    private static let capacity = 10_000

    private struct State {
        var changes: [MailboxChange] = []
        var overflowed = false
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void
    private let onEnd: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void, onEnd: @escaping @Sendable () -> Void) {
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
