import MailModel
import Synchronization

/// Up to where sessions have been told of mailboxes' messages (RFC 3501 section 2.3.2: \Recent), until
/// the next transaction takes that along: it is not worth one of its own. Whoever reads a mailbox asks
/// here first, so that no two sessions are told the same message is \Recent. A crash forgets it.
final class RecentMarks: Sendable {
    struct Mark: Equatable {
        /// UIDs from this one on have not been in any session.
        var uid: UInt32
        var account: AccountID
    }

    /// One for each mailbox that got mail and was looked at since the last transaction.
    private let marks = Mutex<[Int64: Mark]>([:])

    var all: [Int64: Mark] { marks.withLock(\.self) }

    func set(_ uid: UInt32, _ mailbox: Int64, _ account: AccountID) {
        marks.withLock { marks in
            guard marks[mailbox]?.uid ?? 0 < uid else { return }
            marks[mailbox] = Mark(uid: uid, account: account)
        }
    }

    /// They are in the index, and readers see them there.
    func forget(_ written: [Int64: Mark]) {
        guard !written.isEmpty else { return }
        marks.withLock { marks in
            for (mailbox, mark) in written where marks[mailbox] == mark { marks[mailbox] = nil }
        }
    }
}

extension [Int64: RecentMarks.Mark] {
    /// A status that was read after this was taken.
    func applied(to status: MailboxStatus) -> MailboxStatus {
        guard let mark = self[status.id], mark.uid > status.recentFrom else { return status }
        var status = status
        status.recentFrom = mark.uid
        return status
    }
}
