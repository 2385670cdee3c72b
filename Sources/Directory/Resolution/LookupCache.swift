internal import Synchronization

/// A bounded cache of answers with short lifetimes, in which identical concurrent look-ups are
/// made once.
///
/// - A hit costs a lock and a dictionary look-up: no actor, no task, no suspension.
/// - Two generations bound it: when the young one has half of `capacity`, it becomes the old one,
///   and what was in the old one and not used since is gone.
/// - An answer that the directory can't give is taken from an entry that has expired less than
///   `staleLifetime` ago. Only positive answers are: an old "no" must not bounce mail for somebody
///   who has been added since.
final class LookupCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// A value with what it is worth.
    enum Answer: Sendable {
        case positive(Value)
        /// Kept for the negative lifetime, never served when stale.
        case negative(Value)
        /// Not kept; the value is what the caller gets when nothing better is there.
        case unavailable(Value)

        var value: Value {
            switch self {
            case .positive(let value), .negative(let value), .unavailable(let value): value
            }
        }
    }

    private struct Flight {
        var task: Task<Value, Never>
        var begun: ContinuousClock.Instant
    }

    private struct State {
        var entries: CacheGenerations<Key, Value>
        var flights: [Key: Flight] = [:]
    }

    private let state: Mutex<State>
    private let lifetimes: CacheLifetimes

    init(_ lifetimes: CacheLifetimes) {
        self.lifetimes = lifetimes
        state = Mutex(State(entries: CacheGenerations(capacity: lifetimes.capacity)))
    }

    /// The answer at hand, if it is fresh.
    func fresh(_ key: Key) -> Value? {
        let now = ContinuousClock.now
        return state.withLock { $0.entries.fresh(key, now)?.value }
    }

    /// The last answer, however old.
    func last(_ key: Key) -> Value? {
        state.withLock { $0.entries.last(key)?.value }
    }

    /// The fresh answer, or the one that `load` brings. `load` runs in a task of its own, so that
    /// the end of one waiter's session does not take the answer from the others; it must have a
    /// deadline of its own.
    func value(for key: Key, load: @escaping @Sendable () async -> Answer) async -> Value {
        let now = ContinuousClock.now
        let flight: Task<Value, Never>? = state.withLock { state in
            if state.entries.fresh(key, now) != nil { return nil }
            if let flight = state.flights[key],
                state.entries.isCurrent(flight.begun)
            {
                return flight.task
            }
            let task = Task(executorPreference: preferredTaskExecutor()) {
                self.settle(key, await load(), begun: now)
            }
            state.flights[key] = Flight(task: task, begun: now)
            return task
        }
        if let flight { return await flight.value }
        // Fresh a moment ago, and nothing but time or room can have taken it away since.
        if let value = fresh(key) { return value }
        return await value(for: key, load: load)
    }

    /// Makes every entry stale at once; they still help while the directory is unavailable.
    func invalidate() {
        let now = ContinuousClock.now
        state.withLock { $0.entries.invalidated = now }
    }

    private func settle(
        _ key: Key, _ answer: Answer, begun: ContinuousClock.Instant
    ) -> Value {
        let now = ContinuousClock.now
        return state.withLock { state in
            if state.flights[key]?.begun == begun { state.flights[key] = nil }
            // A later look-up, begun after an invalidation, may have overtaken this one.
            if let later = state.entries.last(key), later.begun > begun {
                return answer.value
            }
            switch answer {
            case .positive(let value):
                let expires = now + lifetimes.positive
                let entry = CachedAnswer(
                    value: value, isPositive: true, begun: begun, expires: expires,
                    goneAfter: expires + lifetimes.stale)
                state.entries.insert(key, entry)
                return value
            case .negative(let value):
                let expires = now + lifetimes.negative
                let entry = CachedAnswer(
                    value: value, isPositive: false, begun: begun, expires: expires,
                    goneAfter: expires)
                state.entries.insert(key, entry)
                return value
            case .unavailable(let value):
                guard var entry = state.entries.last(key), entry.isPositive,
                    entry.goneAfter > now
                else { return value }
                // Spares the next ones the wait for a directory that is silent.
                entry.expires = min(now + lifetimes.negative, entry.goneAfter)
                entry.begun = begun
                state.entries.insert(key, entry)
                return entry.value
            }
        }
    }
}
