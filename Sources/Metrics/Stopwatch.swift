#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Time from its making.
package struct Stopwatch: Sendable {
    private let start = Stopwatch.now

    package init() {}

    package var nanoseconds: Int { Self.now - start }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
