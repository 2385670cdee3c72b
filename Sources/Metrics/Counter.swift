internal import Synchronization

/// A number that only grows: one atomic addition, from any thread.
package final class Counter: Sendable {
    private let number = Atomic<UInt64>(0)

    package init() {}

    package func add(_ count: Int = 1) {
        number.wrappingAdd(UInt64(truncatingIfNeeded: count), ordering: .relaxed)
    }

    package var value: UInt64 { number.load(ordering: .relaxed) }
}
