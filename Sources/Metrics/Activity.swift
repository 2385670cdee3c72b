internal import Synchronization

/// Whether a thread that works in turns is at work, and since when: one that hangs shows.
package final class Activity: Sendable {
    private let origin = ContinuousClock.now
    /// Seconds since the origin, and one; 0: it rests.
    private let since = Atomic<Int64>(0)

    package init() {}

    package func begin() { since.store(now, ordering: .relaxed) }
    package func end() { since.store(0, ordering: .relaxed) }

    /// Seconds of the turn under way; nil while it rests.
    package var seconds: Int? {
        let since = since.load(ordering: .relaxed)
        return since == 0 ? nil : Int(now - since)
    }

    private var now: Int64 { (ContinuousClock.now - origin).components.seconds + 1 }
}
