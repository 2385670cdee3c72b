package import MailModel
import Storage
import Synchronization

/// A mailbox in use: one for all its sessions, kept current with every committed change before the
/// session that made it is answered. Freed when nobody uses it any more.
package final class LiveMailbox: Sendable {
    private struct Guarded {
        var state: LiveState
        var recentFrom: UInt32
        var nextNumber = 0
        var watchers: [Int: @Sendable () -> Void] = [:]
    }

    package let id: Int64
    package let account: AccountID
    package let uidValidity: UInt32
    private let guarded: Mutex<Guarded>
    private let onRecent: @Sendable (UInt32) -> Void
    private let onEnd: @Sendable () -> Void

    /// - Parameters:
    ///   - onRecent: sessions have been told of all messages before this UID.
    ///   - onEnd: nobody uses the mailbox any more.
    init(
        _ contents: MailboxContents, onRecent: @escaping @Sendable (UInt32) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) {
        id = contents.status.id
        account = contents.status.account
        uidValidity = contents.status.uidValidity
        guarded = Mutex(
            Guarded(state: LiveState(contents), recentFrom: contents.status.recentFrom))
        self.onRecent = onRecent
        self.onEnd = onEnd
    }

    deinit { onEnd() }

    /// The state under its lock: short work only, and no other lock within.
    package func withState<Result: Sendable>(_ body: (LiveState) -> Result) -> Result {
        guarded.withLock { body($0.state) }
    }

    /// Messages from this UID on have not been in any session.
    package var recentFrom: UInt32 { guarded.withLock(\.recentFrom) }

    /// Takes what is \Recent before `uidNext` for one session: no other gets it.
    package func takeRecent(before uidNext: UInt32) -> UIDSet {
        let from: UInt32? = guarded.withLock { guarded in
            guard guarded.recentFrom < uidNext else { return nil }
            defer { guarded.recentFrom = uidNext }
            return guarded.recentFrom
        }
        guard let from else { return UIDSet() }
        onRecent(uidNext)
        return UIDSet([from...uidNext - 1])
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
