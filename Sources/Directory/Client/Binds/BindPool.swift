internal import Glibc
internal import Logging
internal import MailModel
internal import Synchronization

/// Checks passwords by binding, on a few connections that serve nothing else: a bind changes who a
/// connection is. Each connection has a thread, which blocks in libldap up to the request's
/// deadline.
///
/// A server that can't be reached or stays silent is left out for a growing time; while all are
/// left out, or the request loop knows that none answers, checks fail at once.
final class BindPool: Sendable {
    private struct State {
        var waiting = FIFO<BindRequest>()
        var servers: ServerSuspensions
        var threads: [DedicatedThread] = []
        var idleThreads = 0
        var isStopping = false
    }

    let configuration: DirectoryConnectionConfiguration
    private let gate: RequestGate
    private let logger: Logger
    private let state: Mutex<State>
    /// Counts what waits, so that each signal lets one thread through.
    private let semaphore = CountingSemaphore()

    init(configuration: DirectoryConnectionConfiguration, gate: RequestGate, logger: Logger) {
        self.configuration = configuration
        self.gate = gate
        self.logger = logger
        state = Mutex(
            State(
                servers: ServerSuspensions(
                    count: configuration.uris.count, delay: configuration.reconnectDelay)))
    }

    // MARK: Callers

    func bind(dn: String, password: [UInt8]) async -> BindOutcome {
        if password.isEmpty { return .invalidCredentials }
        guard !dn.isEmpty, !dn.utf8.contains(0) else { return .refused("not a name: '\(dn)'") }
        return await withCheckedContinuation { continuation in
            enqueue(
                BindRequest(
                    dn: dn, password: password, deadline: .now + configuration.operationTimeout,
                    continuation: continuation))
        }
    }

    private func enqueue(_ request: BindRequest) {
        let outage = gate.active.outage
        let fault: DirectoryFault? = state.withLock { state in
            if state.isStopping { return DirectoryFault(.shutDown, "shutting down") }
            if let outage = outage ?? state.servers.outage(at: .now) { return outage }
            if state.waiting.count >= configuration.maximumWaitingBinds {
                return DirectoryFault(
                    .overload, "\(state.waiting.count) password checks wait already")
            }
            state.waiting.append(request)
            if state.idleThreads < state.waiting.count
                && state.threads.count < configuration.bindConnections
            {
                let name = "ldap bind \(state.threads.count)"
                state.threads.append(DedicatedThread(name: name) { [self] in work() })
            }
            return nil
        }
        if let fault { request.answer(.unavailable(fault)) } else { semaphore.signal() }
    }

    func stop() {
        let abandoned = state.withLock { state in
            state.isStopping = true
            return state.waiting.removeAll()
        }
        for request in abandoned {
            request.answer(.unavailable(DirectoryFault(.shutDown, "shutting down")))
        }
        for _ in 0..<configuration.bindConnections { semaphore.signal() }
    }

    /// Waits for the threads to end, after `stop`.
    func join() {
        for thread in state.withLock({ $0.threads }) { thread.join() }
    }

    // MARK: Threads

    private func work() {
        var connection: LDAPConnection?
        while let request = next() {
            guard let request else { continue }
            request.answer(check(request, on: &connection))
        }
    }

    /// The next request, `.some(nil)` when another thread took it, nil at the end.
    private func next() -> BindRequest?? {
        state.withLock { $0.idleThreads += 1 }
        semaphore.wait()
        return state.withLock { state -> BindRequest?? in
            state.idleThreads -= 1
            if state.isStopping { return .none }
            return .some(state.waiting.popFirst())
        }
    }

    private func check(
        _ request: BindRequest, on connection: inout LDAPConnection?
    ) -> BindOutcome {
        var last = DirectoryFault(.timeout, "the password check waited too long")
        while request.deadline > .now {
            guard let index = server() else { break }
            if connection?.index != index { connection = nil }
            let isReused = connection != nil
            do throws(DirectoryFault) {
                if connection == nil { connection = try open(index, until: request.deadline) }
                guard let connection else { break }
                let outcome = try connection.checkPassword(request)
                state.withLock { $0.servers.answered(index) }
                return outcome
            } catch {
                connection = nil
                last = error
                // An idle connection may have been closed since; that says nothing of the server.
                if isReused && error.kind == .connection { continue }
                suspend(index, error)
            }
        }
        return .unavailable(last)
    }

    /// The server in use by the request loop if it is not left out, else the first that isn't.
    private func server() -> Int? {
        let active = gate.active.index
        return state.withLock { $0.servers.usable(preferring: active, at: .now) }
    }

    private func suspend(_ index: Int, _ fault: DirectoryFault) {
        logger.warning("Can't check passwords", metadata: ["cause": "\(fault)"])
        let (outage, failed) = state.withLock { state in
            state.servers.failed(index, fault, at: .now)
            let outage = state.servers.outage(at: .now)
            return (outage, outage == nil ? [] : state.waiting.removeAll())
        }
        guard let outage else { return }
        for request in failed { request.answer(.unavailable(outage)) }
    }

    private func open(
        _ index: Int, until deadline: ContinuousClock.Instant
    ) throws(DirectoryFault) -> LDAPConnection {
        let connection = try LDAPConnection(
            uri: configuration.uris[index], index: index, configuration: configuration)
        try connection.protect(
            configuration.security, until: min(deadline, .now + configuration.connectTimeout))
        return connection
    }
}
