internal import CUnbound
internal import Glibc
internal import Synchronization

/// What those who ask hand to the question loop: the one place where their threads meet it.
final class QuestionGate: Sendable {
    private struct State {
        var arrivals: [Asker] = []
        /// Look-ups between `enter` and `leave`.
        var entered = 0
        var stopping: DNSFault?
        var hasEnded = false
        var mourners: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let maximum: Int
    /// An eventfd that the loop watches.
    let wakeUp: Int32

    init(maximum: Int) throws(DNSConfigurationError) {
        self.maximum = maximum
        wakeUp = martlet_resolver_eventfd()
        guard wakeUp >= 0 else {
            throw DNSConfigurationError(
                subject: "", problem: "no eventfd: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(wakeUp) }

    /// Lets a look-up begin, or says why not. One that was let in must `leave` at its end.
    func enter() -> DNSFault? {
        state.withLock { state in
            if let fault = state.stopping { return fault }
            guard state.entered < maximum else {
                return DNSFault(.overload, "\(state.entered) questions wait already")
            }
            state.entered += 1
            return nil
        }
    }

    func leave() {
        state.withLock { $0.entered -= 1 }
    }

    func submit(_ asker: Asker) {
        let (fault, isFirst): (DNSFault?, Bool) = state.withLock { state in
            if let fault = state.stopping { return (fault, false) }
            state.arrivals.append(asker)
            return (nil, state.arrivals.count == 1)
        }
        if let fault { asker.fail(fault.kind, fault.cause) }
        if isFirst { signal() }
    }

    /// What came since the last call, and why the loop should end. Forgets the signals so far.
    func collect() -> (arrivals: [Asker], stopping: DNSFault?) {
        _ = martlet_resolver_eventfd_take(wakeUp)
        return state.withLock { state in
            defer { state.arrivals = [] }
            return (state.arrivals, state.stopping)
        }
    }

    /// Takes nobody in any more, and has the loop answer all with this.
    func stop(_ fault: DNSFault) {
        state.withLock { state in
            if state.stopping == nil { state.stopping = fault }
        }
        signal()
    }

    /// The loop answers nobody any more and has closed what it used.
    func ended() {
        let mourners = state.withLock { state in
            state.hasEnded = true
            defer { state.mourners = [] }
            return state.mourners
        }
        for mourner in mourners { mourner.resume() }
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.mourners.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func signal() {
        _ = martlet_resolver_eventfd_signal(wakeUp)
    }
}
