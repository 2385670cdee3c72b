internal import MailModel
internal import Synchronization

/// Sessions without work that wait for the next message of the same way, for a few seconds.
final class SessionPool: Sendable {
    /// What sessions may be used for each other's messages.
    struct Key: Hashable, Sendable {
        var way: RoutePlan.Way
        var tls: TLSLevel
        var requiresTLS: Bool
    }

    private struct Idle {
        var session: OutboundSession
        var since: ContinuousClock.Instant
    }

    private struct State {
        var idle: [Key: [Idle]] = [:]
        var count = 0
        var isReaping = false
        var isClosed = false
    }

    /// Beyond it sessions are closed rather than kept.
    private static let maximumIdle = 200

    private let lifetime: Duration
    private let state = Mutex(State())

    init(lifetime: Duration) { self.lifetime = lifetime }

    /// The one that was used last.
    func take(_ key: Key) -> OutboundSession? {
        state.withLock { state in
            guard let idle = state.idle[key]?.popLast() else { return nil }
            if state.idle[key]?.isEmpty == true { state.idle[key] = nil }
            state.count -= 1
            return idle.session
        }
    }

    /// Keeps the session for others, or closes it.
    func put(_ session: OutboundSession, _ key: Key) async {
        enum Next { case keep, reap, close }
        let next = state.withLock { state in
            guard !state.isClosed, state.count < Self.maximumIdle else { return Next.close }
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
    ) -> (sessions: [OutboundSession], isDone: Bool) {
        let limit = ContinuousClock.now - lifetime
        var over: [OutboundSession] = []
        for (key, idle) in state.idle {
            let kept = idle.filter { $0.since > limit }
            over += idle.lazy.filter { $0.since <= limit }.map(\.session)
            state.idle[key] = kept.isEmpty ? nil : kept
        }
        state.count -= over.count
        if state.count == 0 { state.isReaping = false }
        return (over, state.count == 0)
    }

    private static func quit(_ sessions: [OutboundSession]) async {
        await withDiscardingTaskGroup { group in
            for session in sessions { group.addTask { await session.quit() } }
        }
    }
}
