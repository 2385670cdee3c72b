#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static var now: Timestamp {
        // Read from memory: which module declares timespec's members depends on what else is
        // imported, and on how the library is linked. Both are longs.
        withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { time in
            _ = clock_gettime(CLOCK_REALTIME, time.baseAddress!)
            let words = UnsafeRawPointer(time.baseAddress!)
            let seconds = words.load(as: Int.self)
            let nanoseconds = words.load(fromByteOffset: MemoryLayout<Int>.size, as: Int.self)
            return Timestamp(milliseconds: Int64(seconds) * 1000 + Int64(nanoseconds / 1_000_000))
        }
    }

    package var seconds: Int64 { milliseconds / 1000 }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    package static func + (moment: Timestamp, delay: Duration) -> Timestamp {
        let (seconds, attoseconds) = delay.components
        return Timestamp(
            milliseconds: moment.milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
