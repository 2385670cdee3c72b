internal import Synchronization

/// What callers and the connector hand to the request loop, and what it tells callers: the one
/// place where other threads meet it.
final class RequestGate: Sendable {
    enum News {
        case connected(LDAPConnection)
        case noServer(DirectoryFault)
    }

    private struct State {
        var arrivals: [DirectoryRequest] = []
        var news: [News] = []
        /// Requests that came in and are not answered.
        var accepted = 0
        /// Set while no server answers: requests fail at once instead of waiting.
        var outage: DirectoryFault?
        /// The URI in use.
        var activeIndex = 0
        /// Connections so far.
        var connectionCount = 0
        var isStopping = false
    }

    let wakeUp = WakeUp()
    private let state = Mutex(State())
    private let maximumRequests: Int

    init(maximumRequests: Int) {
        self.maximumRequests = maximumRequests
    }

    /// Takes a request, or says why not.
    func submit(_ request: DirectoryRequest) -> DirectoryFault? {
        let fault: DirectoryFault? = state.withLock { state in
            if state.isStopping { return DirectoryFault(.shutDown, "shutting down") }
            if let outage = state.outage { return outage }
            if state.accepted >= maximumRequests {
                return DirectoryFault(.overload, "\(state.accepted) requests wait already")
            }
            state.accepted += 1
            state.arrivals.append(request)
            return nil
        }
        if fault == nil { wakeUp.signal() }
        return fault
    }

    func deliver(_ news: News) {
        state.withLock { $0.news.append(news) }
        wakeUp.signal()
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
    }

    /// Everything that arrived since the last call.
    func collect() -> (requests: [DirectoryRequest], news: [News], isStopping: Bool) {
        state.withLock { state in
            defer {
                state.arrivals.removeAll(keepingCapacity: true)
                state.news = []
            }
            return (state.arrivals, state.news, state.isStopping)
        }
    }

    func answered(_ count: Int) {
        state.withLock { $0.accepted -= count }
    }

    func setOutage(_ fault: DirectoryFault?) {
        state.withLock { $0.outage = fault }
    }

    func setActive(_ index: Int) {
        state.withLock {
            $0.activeIndex = index
            $0.connectionCount += 1
            $0.outage = nil
        }
    }

    var connectionCount: Int { state.withLock { $0.connectionCount } }

    /// The URI in use, or why there is none.
    var active: (index: Int, outage: DirectoryFault?) {
        state.withLock { ($0.activeIndex, $0.outage) }
    }
}
