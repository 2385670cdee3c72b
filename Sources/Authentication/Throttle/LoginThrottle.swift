import Synchronization

/// Slows guessing down: counts failures by address and by login, says how long an answer waits,
/// and when the directory is not to be asked at all. Only failures ever wait: a right password
/// from an address without failures gets in at once, whatever others do to its login.
final class LoginThrottle: Sendable {
    private struct State {
        var addresses: BoundedTable<NetworkKey, FailureScore>
        var logins: BoundedTable<KeyedDigest.Value, FailureScore>
        /// Binds under way for addresses that have failures.
        var underWay: [NetworkKey: Int] = [:]
    }

    /// From so many failures on an address's binds under way count as failures beforehand, lest
    /// many connections ask at once.
    private static let suspicion = 5.0

    private let configuration: AuthenticationConfiguration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    init(
        _ configuration: AuthenticationConfiguration,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.configuration = configuration
        self.now = now
        state = Mutex(
            State(
                addresses: BoundedTable(capacity: configuration.trackedFailures),
                logins: BoundedTable(capacity: configuration.trackedFailures)))
    }

    /// Whether the directory may be asked to verify. Each yes needs an `end`.
    func begin(_ address: NetworkKey, login: KeyedDigest.Value) -> Bool {
        state.withLock { state in
            let failures = score(state.addresses[address])
            let underWay = failures < Self.suspicion ? 0 : state.underWay[address, default: 0]
            guard failures + Double(underWay) < Double(configuration.failuresPerAddress),
                failures < 0.5
                    || score(state.logins[login]) < Double(configuration.failuresPerLogin)
            else { return false }
            state.underWay[address, default: 0] += 1
            return true
        }
    }

    func end(_ address: NetworkKey) {
        state.withLock { state in
            let left = state.underWay[address, default: 1] - 1
            state.underWay[address] = left > 0 ? left : nil
        }
    }

    /// How long a failure waits, counted from the question, so that it takes the same time
    /// whatever was done to find the answer. Counts it, unless it says nothing new.
    ///
    /// - Parameter binds: that finding it may have taken.
    func delay(
        _ address: NetworkKey, login: KeyedDigest.Value, askedAt start: ContinuousClock.Instant,
        binds: Int = 1, counts: Bool
    ) -> Duration {
        let now = now()
        let failures = state.withLock { state in
            let failures = max(score(state.addresses[address]), score(state.logins[login]))
            if counts {
                var score = state.addresses[address] ?? FailureScore(at: now)
                score.add(at: now, halfLife: configuration.failureHalfLife)
                state.addresses[address] = score
                score = state.logins[login] ?? FailureScore(at: now)
                score.add(at: now, halfLife: configuration.failureHalfLife)
                state.logins[login] = score
            }
            return failures
        }
        let steps = min(Int(failures.rounded()), 16)
        let target = min(configuration.firstDelay * (binds << steps), configuration.maximumDelay)
        return max(target - (now - start), .zero)
    }

    private func score(_ score: FailureScore?) -> Double {
        score?.value(at: now(), halfLife: configuration.failureHalfLife) ?? 0
    }
}
