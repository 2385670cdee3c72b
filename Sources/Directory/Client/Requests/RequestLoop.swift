internal import CLDAP
internal import Glibc
internal import Logging
internal import MailModel

/// Sends searches and changes over one connection and matches the answers by message id, many
/// outstanding at a time, on one thread.
///
/// - Every request is answered by its deadline. One that gets no answer is abandoned; if the whole
///   connection was silent meanwhile it is given up, and the searches on it go to the next one.
/// - While no server answers, requests fail at once (see `RequestGate.outage`).
/// - A change is never sent twice.
struct RequestLoop: ~Copyable {
    private let configuration: DirectoryConnectionConfiguration
    private let gate: RequestGate
    private let connector: Connector
    private let logger: Logger

    private var connection: LDAPConnection?
    /// Not sent yet.
    private var waiting = FIFO<DirectoryRequest>()
    /// Sent, by message id.
    private var outstanding: [Int32: DirectoryRequest] = [:]
    /// All of the above by deadline, which is the order of arrival.
    private var byDeadline = FIFO<DirectoryRequest>()
    private var lastReceived = ContinuousClock.Instant.now
    /// libldap holds a part of a request that the socket didn't take.
    private var isBlocked = false
    private var isStopping = false

    init(
        configuration: DirectoryConnectionConfiguration, gate: RequestGate, connector: Connector,
        logger: Logger
    ) {
        self.configuration = configuration
        self.gate = gate
        self.connector = connector
        self.logger = logger
    }

    /// Runs until the gate is stopped; what is unanswered then is answered `shutDown`.
    mutating func run() {
        while true {
            collect()
            if isStopping { break }
            expire()
            // An answer makes room for another request, so go on until neither moves.
            repeat {
                send()
                receive()
            } while canSend
            wait()
        }
        failAll(DirectoryFault(.shutDown, "shutting down"))
        connection = nil
    }

    // MARK: What others hand in

    private mutating func collect() {
        let (requests, news, isStopping) = gate.collect()
        self.isStopping = isStopping
        for request in requests {
            waiting.append(request)
            byDeadline.append(request)
        }
        for item in news {
            switch item {
            case .connected(let connection): use(connection)
            case .noServer(let fault): failAll(fault, isOutage: true)
            }
        }
    }

    private mutating func use(_ connection: LDAPConnection) {
        // Coming back to a preferred server: searches that wait for the other are asked anew.
        requeueOutstanding(DirectoryFault(.connection, "\(connection.uri) took over"))
        connection.makeNonBlocking()
        self.connection = connection
        lastReceived = .now
        gate.setActive(connection.index)
    }

    // MARK: Deadlines and losses

    private mutating func expire() {
        let now = ContinuousClock.now
        while let request = byDeadline.first, request.isAnswered || request.deadline <= now {
            _ = byDeadline.popFirst()
            guard !request.isAnswered else { continue }
            let fault = timeout(of: request)
            if let silent = silence(of: request, at: now) {
                lose(silent)
                // A lost change has been answered with the connection.
                if request.isAnswered { continue }
            }
            if let connection, let id = request.messageID {
                outstanding[id] = nil
                ldap_abandon_ext(connection.handle, id, nil, nil)
            }
            request.fail(fault)
            gate.answered(1)
        }
    }

    private func timeout(of request: DirectoryRequest) -> DirectoryFault {
        let server = connection?.uri ?? configuration.uris.joined(separator: " ")
        let state = request.sentAt == nil ? "not sent" : "not answered"
        return DirectoryFault(
            .timeout, "\(server): \(state) within \(configuration.operationTimeout)")
    }

    /// Whether the connection said nothing at all for most of the time the request had.
    private func silence(
        of request: DirectoryRequest, at now: ContinuousClock.Instant
    ) -> DirectoryFault? {
        guard let connection, let sentAt = request.sentAt,
            now - max(sentAt, lastReceived) >= configuration.operationTimeout / 2
        else { return nil }
        return DirectoryFault(.timeout, "\(connection.uri): silent")
    }

    /// Gives the connection up and asks for another.
    private mutating func lose(_ fault: DirectoryFault) {
        guard let lost = connection else { return }
        logger.warning("Lost the directory server", metadata: ["cause": "\(fault)"])
        connection = nil
        requeueOutstanding(fault)
        let wasSilent = fault.kind == .timeout
        if wasSilent && configuration.uris.count == 1 {
            // There is nobody else to ask: waiting for the connector would only cost time.
            failAll(fault, isOutage: true)
        }
        connector.find(avoiding: wasSilent ? lost.index : nil)
    }

    private mutating func requeueOutstanding(_ fault: DirectoryFault) {
        guard !outstanding.isEmpty else { return }
        let lost = outstanding.values.sorted { $0.deadline < $1.deadline }
        outstanding = [:]
        var queue: [DirectoryRequest] = []
        for request in lost {
            if request.isRepeatable {
                request.startOver()
                queue.append(request)
            } else {
                request.fail(fault)
                gate.answered(1)
            }
        }
        waiting = FIFO(queue + waiting.removeAll())
    }

    private mutating func failAll(_ fault: DirectoryFault, isOutage: Bool = false) {
        // First the gate: whoever asks again at once must not wait.
        if isOutage { gate.setOutage(fault) }
        let unanswered = byDeadline.removeAll().filter { !$0.isAnswered }
        _ = waiting.removeAll()
        outstanding = [:]
        for request in unanswered { request.fail(fault) }
        gate.answered(unanswered.count)
    }

    // MARK: The connection

    private var canSend: Bool {
        connection != nil && !isBlocked && !waiting.isEmpty
            && outstanding.count < configuration.maximumOutstanding
    }

    private mutating func send() {
        while canSend, let connection, let request = waiting.popFirst() {
            guard !request.isAnswered else { continue }
            switch connection.send(request) {
            case .sent(let id):
                outstanding[id] = request
            case .unsendable(let fault):
                request.fail(fault)
                gate.answered(1)
            case .blocked:
                waiting = FIFO([request] + waiting.removeAll())
                isBlocked = true
            case .lost(let fault):
                // Nothing was written of a change that failed here: it was not sent.
                waiting = FIFO([request] + waiting.removeAll())
                lose(fault)
            }
        }
    }

    /// Takes everything that has arrived. libldap and GnuTLS buffer more than one message, which
    /// `poll` would not see.
    private mutating func receive() {
        while let connection {
            switch connection.receive() {
            case .nothing:
                return
            case .lost(let fault):
                lose(fault)
                return
            case .message(let message):
                lastReceived = .now
                take(message, from: connection)
            }
        }
    }

    private mutating func take(_ message: OpaquePointer, from connection: LDAPConnection) {
        let id = ldap_msgid(message)
        guard let request = outstanding[id] else {
            ldap_msgfree(message)
            return
        }
        switch connection.read(message, into: request, limit: configuration.maximumResultSize) {
        case .incomplete:
            return
        case .complete:
            break
        case .tooLarge(let fault):
            ldap_abandon_ext(connection.handle, id, nil, nil)
            request.fail(fault)
        }
        outstanding[id] = nil
        gate.answered(1)
    }

    private mutating func wait() {
        while let first = byDeadline.first, first.isAnswered { _ = byDeadline.popFirst() }
        var watched = [pollfd(fd: gate.wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        if let connection {
            // What didn't fit into the socket's buffer goes on when there is room.
            let isFull = isBlocked || !outstanding.isEmpty && !connection.isWritable
            let events = isFull ? POLLIN | POLLOUT : POLLIN
            watched.append(pollfd(fd: connection.socket, events: Int16(events), revents: 0))
        }
        let limit = WakeUp.milliseconds(until: byDeadline.first?.deadline)
        _ = poll(&watched, nfds_t(watched.count), limit)
        isBlocked = false
        if watched[0].revents != 0 { gate.wakeUp.clear() }
    }
}
