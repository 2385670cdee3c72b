#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Recent failures, each counting one and forgotten by halves.
struct FailureScore: Sendable {
    private var value: Double = 0
    private var updated: ContinuousClock.Instant

    init(at now: ContinuousClock.Instant) {
        updated = now
    }

    func value(at now: ContinuousClock.Instant, halfLife: Duration) -> Double {
        let age = (now - updated) / halfLife
        return age <= 0 ? value : value * exp2(-age)
    }

    mutating func add(at now: ContinuousClock.Instant, halfLife: Duration) {
        value = value(at: now, halfLife: halfLife) + 1
        updated = now
    }
}
