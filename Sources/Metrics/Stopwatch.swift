/// Time from its making.
package struct Stopwatch: Sendable {
    private let start = ContinuousClock.now

    package init() {}

    package var nanoseconds: Int {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    }
}
