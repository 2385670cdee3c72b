internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Whether a thread that works in turns is at work, and since when: one that hangs shows.
package final class Activity: Sendable {
    /// Seconds of the monotonic clock; 0: it rests.
    private let since = Atomic<Int>(0)

    package init() {}

    package func begin() { since.store(Self.now, ordering: .relaxed) }
    package func end() { since.store(0, ordering: .relaxed) }

    /// Seconds of the turn under way; nil while it rests.
    package var seconds: Int? {
        let since = since.load(ordering: .relaxed)
        return since == 0 ? nil : Self.now - since
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return time.tv_sec + 1
    }
}
