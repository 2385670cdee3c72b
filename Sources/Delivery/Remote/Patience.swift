internal import Synchronization

/// Tells the queue of a host that takes long until it is ready for mail, and gives the host up when
/// too many others do, or the server stops.
final class Patience: Sendable {
    private let progress: any DeliveryProgress
    private let attempt = Attempt()
    private let timer: Task<Bool, Never>

    init(_ time: Duration, _ progress: any DeliveryProgress) {
        self.progress = progress
        timer = Task { [attempt] in
            do { try await Task.sleep(for: time) } catch { return false }
            let mayWait = progress.isWaiting(for: .greeting)
            attempt.isLate(mayWait: mayWait)
            return mayWait
        }
    }

    /// The session that is to be aborted then.
    func opens(_ session: OutboundSession) { attempt.opens(session) }

    /// The server stops: a host that answers at once still gets its message.
    func cancel() { attempt.cancel() }

    var isGivenUp: Bool { attempt.isGivenUp }

    func end() {
        timer.cancel()
        let (timer, progress) = (timer, progress)
        Task { if await timer.value { progress.goesOn() } }
    }
}

private final class Attempt: Sendable {
    private struct State {
        var session: OutboundSession?
        var isCancelled = false
        var isLate = false
        var isGivenUp = false
    }

    private let state = Mutex(State())

    var isGivenUp: Bool { state.withLock(\.isGivenUp) }

    func opens(_ session: OutboundSession) {
        let isTooLate = state.withLock { state in
            state.session = session
            return state.isGivenUp
        }
        if isTooLate { session.abort() }
    }

    func isLate(mayWait: Bool) {
        giveUp { state in
            state.isLate = true
            return !mayWait || state.isCancelled
        }
    }

    func cancel() {
        giveUp { state in
            state.isCancelled = true
            return state.isLate
        }
    }

    private func giveUp(when change: (inout State) -> Bool) {
        let session = state.withLock { state -> OutboundSession? in
            guard change(&state) else { return nil }
            state.isGivenUp = true
            return state.session
        }
        session?.abort()
    }
}
