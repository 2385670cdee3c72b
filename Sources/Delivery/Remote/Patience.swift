internal import Synchronization

/// Tells the queue of a host that takes long until it is ready for mail, and gives the host up when
/// too many others do, or the server stops.
final class Patience: Sendable {
    let progress: any DeliveryProgress
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

    /// What is to be done when the host is given up; it takes the place of what was before.
    func guards(_ abort: @escaping @Sendable () -> Void) { attempt.guards(abort) }

    /// The server stops: a host that answers at once still gets its message.
    func cancel() { attempt.cancel() }

    var isGivenUp: Bool { attempt.isGivenUp }

    /// From here on nothing is given up. Calls after the first do nothing.
    func end() {
        guard attempt.end() else { return }
        timer.cancel()
        let (timer, progress) = (timer, progress)
        Task { if await timer.value { progress.goesOn() } }
    }
}

private final class Attempt: Sendable {
    private struct Abort {
        let run: @Sendable () -> Void
    }

    private struct State {
        var abort: Abort?
        var isCancelled = false
        var isLate = false
        var isGivenUp = false
        var isEnded = false
    }

    private let state = Mutex(State())

    var isGivenUp: Bool { state.withLock(\.isGivenUp) }

    func guards(_ abort: @escaping @Sendable () -> Void) {
        let isTooLate = state.withLock { state in
            if !state.isEnded { state.abort = Abort(run: abort) }
            return state.isGivenUp
        }
        if isTooLate { abort() }
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

    /// - Returns: whether it had not ended.
    func end() -> Bool {
        state.withLock { state in
            defer { state.isEnded = true }
            state.abort = nil
            return !state.isEnded
        }
    }

    private func giveUp(when change: (inout State) -> Bool) {
        let abort = state.withLock { state -> Abort? in
            // The timer may have run out just when the host was ready.
            guard !state.isEnded, change(&state) else { return nil }
            state.isGivenUp = true
            return state.abort
        }
        abort?.run()
    }
}
