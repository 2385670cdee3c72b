internal import Synchronization

/// An answer that is dear to find, found anew no more often than once in its lifetime.
final class Remembered<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var until = ContinuousClock.now
        /// Whoever asks meanwhile has the same answer.
        var search: Task<Value, Never>?
    }

    private let lifetime: Duration
    private let find: @Sendable () async -> Value
    private let state = Mutex(State())

    init(for lifetime: Duration, _ find: @escaping @Sendable () async -> Value) {
        self.lifetime = lifetime
        self.find = find
    }

    var value: Value {
        get async {
            let search = state.withLock { state -> Task<Value, Never> in
                if let search = state.search { return search }
                if let value = state.value, state.until > .now { return Task { value } }
                let search = Task { await self.found() }
                state.search = search
                return search
            }
            return await search.value
        }
    }

    private func found() async -> Value {
        let value = await find()
        state.withLock { $0 = State(value: value, until: .now + lifetime) }
        return value
    }
}
