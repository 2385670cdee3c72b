package import MailModel
import Storage
import Synchronization

/// A mailbox in use: one for all its sessions, kept current with every committed change before the
/// session that made it is answered. Freed when nobody uses it any more.
package final class LiveMailbox: Sendable {
    private struct Guarded {
        var state: LiveState
        var nextNumber = 0
        var watchers: [Int: @Sendable () -> Void] = [:]
    }

    package let id: Int64
    package let account: AccountID
    package let uidValidity: UInt32
    private let guarded: Mutex<Guarded>
    private let onEnd: @Sendable () -> Void

    init(_ contents: MailboxContents, onEnd: @escaping @Sendable () -> Void) {
        id = contents.status.id
        account = contents.status.account
        uidValidity = contents.status.uidValidity
        guarded = Mutex(Guarded(state: LiveState(contents)))
        self.onEnd = onEnd
    }

    deinit { onEnd() }

    /// The state under its lock: short work only, and no other lock within.
    package func withState<Result: Sendable>(_ body: (LiveState) -> Result) -> Result {
        guarded.withLock { body($0.state) }
    }

    package var messageCount: Int { guarded.withLock { $0.state.uids.count } }

    /// Has `wake` called after every change, on a thread of the store: it must not block.
    /// Ends with the returned object.
    package func attach(_ wake: @escaping @Sendable () -> Void) -> MailboxAttachment {
        let number = guarded.withLock { guarded in
            guarded.nextNumber += 1
            guarded.watchers[guarded.nextNumber] = wake
            return guarded.nextNumber
        }
        return MailboxAttachment(self, number: number)
    }

    fileprivate func detach(_ number: Int) {
        guarded.withLock { _ = $0.watchers.removeValue(forKey: number) }
    }

    func apply(_ kind: MailboxChange.Kind) {
        let watchers = guarded.withLock { guarded in
            guarded.state.apply(kind)
            return Array(guarded.watchers.values)
        }
        for wake in watchers { wake() }
    }
}

/// A session's interest in a mailbox.
package final class MailboxAttachment: Sendable {
    package let mailbox: LiveMailbox
    private let number: Int

    fileprivate init(_ mailbox: LiveMailbox, number: Int) {
        self.mailbox = mailbox
        self.number = number
    }

    deinit { mailbox.detach(number) }
}
