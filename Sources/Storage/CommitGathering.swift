import Synchronization

/// How long the log, or the index with what concerns the queue alone, waits for company before it
/// commits: a commit costs the same for one record as for many, and the sessions that it answers go on
/// together, so that their next records come together too.
///
/// It waits only when records follow each other closely, or when many messages are under way that
/// may join; and leaves it be for a while when nobody has joined: who is alone is never kept waiting
/// for long.
struct CommitGathering {
    private static let time = Duration.milliseconds(3)
    /// Messages under way that are worth it, and so many that more of them are worth more time.
    private static let company = 4
    private static let crowd = 16
    private static let longestAbstinence = 64

    /// So many gatherings go by what the first of them, which waits its whole time, has brought together.
    private static let round = 16

    private var lastCommit = SuspendingClock.now - CommitGathering.time
    /// Commits that are not to wait, and how many it will be the next time.
    private var abstinence = 0
    private var nextAbstinence = 1
    /// How many came together at most in this round, and how many gatherings it still has.
    private var largest = 0
    private var roundLeft = 0

    /// Before a commit; nil: at once.
    /// - Parameter underWay: messages that may soon have something for the log.
    mutating func pause(underWay: Int, now: SuspendingClock.Instant = .now) -> Duration? {
        guard underWay >= Self.company || now - lastCommit < Self.time else { return nil }
        guard abstinence == 0 else {
            abstinence -= 1
            return nil
        }
        return underWay < Self.crowd ? Self.time : Self.time * 2
    }

    /// When so many have come together, there is no use in waiting for more: where all sessions wait
    /// for the commit, nobody is left who could come.
    var enough: Int { roundLeft == 0 ? .max : largest }

    mutating func committed(at now: SuspendingClock.Instant = .now) { lastCommit = now }

    /// After a pause.
    /// - Parameter all: what the commit will have, with those who came before the pause.
    mutating func ended(joined: Int, of all: Int) {
        let isWhole = roundLeft == 0
        if isWhole {
            (roundLeft, largest) = (Self.round, all)
        } else {
            largest = max(largest, all)
        }
        roundLeft -= 1
        if joined > 0 {
            nextAbstinence = 1
        } else if isWhole || all < largest {
            abstinence = nextAbstinence
            nextAbstinence = min(2 * nextAbstinence, Self.longestAbstinence)
        }
    }
}

/// Messages that are being received: drafts which the log has not been given yet.
final class DraftsUnderWay: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }

    func begin() { number.add(1, ordering: .relaxed) }
    func end() { number.subtract(1, ordering: .relaxed) }
}
