internal import Synchronization

/// How often values of each size came: a few atomic additions for each, from any thread.
package final class Histogram: Sendable {
    /// Upper bounds of the buckets, ascending; one more has what is above.
    package let bounds: [Int]
    private let buckets: [Counter]
    private let total = Atomic<UInt64>(0)

    package init(bounds: [Int]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Counter() }
    }

    /// For times in nanoseconds, from 100 µs to 10 s.
    package static func latency() -> Histogram {
        Histogram(
            bounds: [
                100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
                50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000,
                5_000_000_000, 10_000_000_000,
            ])
    }

    /// - Parameter value: not negative.
    package func record(_ value: Int) {
        buckets[bounds.firstIndex { value <= $0 } ?? bounds.count].add()
        total.wrappingAdd(UInt64(max(value, 0)), ordering: .relaxed)
    }

    package struct Snapshot: Sendable {
        /// Of all buckets up to each bound, then of all.
        package var cumulative: [UInt64]
        package var sum: UInt64
    }

    package var snapshot: Snapshot {
        var sum: UInt64 = 0
        let cumulative = buckets.map { bucket in
            sum += bucket.value
            return sum
        }
        return Snapshot(cumulative: cumulative, sum: total.load(ordering: .relaxed))
    }
}
