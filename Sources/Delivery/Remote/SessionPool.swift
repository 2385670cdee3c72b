internal import Synchronization

/// What a pool can keep.
protocol PooledSession: AnyObject, Sendable {
    /// Says goodbye, if there is anybody to say it to, and closes.
    func quit() async
}

private enum PoolStep { case keep, reap, close }

/// Sessions without work that wait for more of the same kind, for a few seconds.
final class SessionPool<Key: Hashable & Sendable, Session: PooledSession>: Sendable {
    private struct Idle {
        var session: Session
        var since: ContinuousClock.Instant
    }

    private struct State {
        var idle: [Key: [Idle]] = [:]
        var count = 0
        var isReaping = false
        var isClosed = false
    }

    /// Beyond it sessions are closed rather than kept.
    private static var maximumIdle: Int { 200 }

    private let lifetime: Duration
    private let state = Mutex(State())

    init(lifetime: Duration) { self.lifetime = lifetime }

    /// The one that was used last.
    func take(_ key: Key) -> Session? {
        state.withLock { state in
            guard let idle = state.idle[key]?.popLast() else { return nil }
            if state.idle[key]?.isEmpty == true { state.idle[key] = nil }
            state.count -= 1
            return idle.session
        }
    }

    /// Keeps the session for others, or closes it.
    func put(_ session: Session, _ key: Key) async {
        let next = state.withLock { state in
            guard !state.isClosed, state.count < Self.maximumIdle else { return PoolStep.close }
            state.idle[key, default: []].append(Idle(session: session, since: .now))
            state.count += 1
            defer { state.isReaping = true }
            return state.isReaping ? .keep : .reap
        }
        switch next {
        case .keep: break
        case .reap: Task { await reap() }
        case .close: await session.quit()
        }
    }

    /// Says goodbye to all.
    func close() async {
        let sessions = state.withLock { state in
            state.isClosed = true
            state.count = 0
            defer { state.idle = [:] }
            return state.idle.values.joined().map(\.session)
        }
        await Self.quit(sessions)
    }

    /// Runs while there are any.
    private func reap() async {
        while true {
            // Nobody cancels it, and if somebody did it would only be early.
            try? await Task.sleep(for: lifetime / 2)
            let (over, isDone) = state.withLock { Self.takeOver(&$0, lifetime) }
            await Self.quit(over)
            if isDone { return }
        }
    }

    private static func takeOver(
        _ state: inout State, _ lifetime: Duration
    ) -> (sessions: [Session], isDone: Bool) {
        let limit = ContinuousClock.now - lifetime
        var over: [Session] = []
        for (key, idle) in state.idle {
            let kept = idle.filter { $0.since > limit }
            over += idle.lazy.filter { $0.since <= limit }.map(\.session)
            state.idle[key] = kept.isEmpty ? nil : kept
        }
        state.count -= over.count
        if state.count == 0 { state.isReaping = false }
        return (over, state.count == 0)
    }

    private static func quit(_ sessions: [Session]) async {
        await withDiscardingTaskGroup { group in
            for session in sessions { group.addTask { await session.quit() } }
        }
    }
}
