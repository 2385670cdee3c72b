internal import Authentication
internal import MailModel
internal import NIOCore
internal import SMTP
internal import Transport

/// One SMTP or LMTP session with another host: moves the octets between its connection and the
/// protocol's state machine, sets the deadlines, does TLS and authentication.
///
/// `@unchecked`: used by one task at a time, which the pool sees to.
final class OutboundSession: PooledSession, @unchecked Sendable {
    let host: MailHost
    let address: HostAddress
    let security: SessionSecurity
    private let connection: Connection
    private let credentials: OutboundCredentials?
    private let handshakeTimeout: Duration
    private var session: SMTPClientSession
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var exchange: SASLClient?
    /// The host had failed before.
    var isRecovered = false
    /// Why the handshake failed.
    private(set) var tlsError: ConnectionError?
    /// Why it can't be used any more.
    private(set) var failure: SMTPClientFailure?
    private(set) var isClosed = false
    /// We have ended it while the host kept a transaction waiting, for want of room or because the
    /// server stops: the host is not to blame.
    private(set) var isGivenUp = false
    /// The message may not fit into what the system holds for the host: some of it may still be here
    /// when all of it was sent.
    private var isLarge = false
    /// Octets.
    private static let largeSize = 64 << 10
    /// Is told while the host keeps a delivery waiting.
    var post: SilenceWatch.Post?
    /// Is told how far it is.
    var progress: (any DeliveryProgress)?

    init(
        _ connection: Connection, to host: MailHost, at address: HostAddress,
        security: SessionSecurity, configuration: SMTPClientConfiguration,
        credentials: OutboundCredentials?,
        handshakeTimeout: Duration = SMTPClientStage.startTLS.deadline
    ) {
        self.connection = connection
        self.host = host
        self.address = address
        self.security = security
        self.credentials = credentials
        self.handshakeTimeout = handshakeTimeout
        session = SMTPClientSession(configuration, isEncrypted: connection.tls != nil)
    }

    var capabilities: ServerCapabilities { session.capabilities }

    var isEncrypted: Bool { connection.tls != nil }

    /// What the log and reports tell of TLS; nil in clear.
    var tlsDescription: String? {
        connection.tls.map { "\($0.version) \($0.cipher) \(security.label)" }
    }

    /// From the greeting to where transactions may begin.
    func open() async -> SMTPClientFailure? {
        if case .ready = await advance() { return nil }
        return failure ?? .lost(.greeting, cause: "closed")
    }

    /// Gives the message to the host, over a session that is not closed.
    func send(
        _ transaction: ClientTransaction, _ content: OutboundContent
    ) async -> TransactionResult {
        session.begin(transaction)
        var reader = content.makeReader()
        var part: OutboundContent.Part?
        isLarge = transaction.size > Self.largeSize
        while true {
            switch await advance() {
            case .sendContent:
                if part == nil { part = await nextPart(&reader) }
                // What the host says before it has the whole message is no answer to it.
                if await connection.hasNews() {
                    await read(session.stage, until: .now + SMTPClientStage.content.deadline)
                } else if let next = part.take() {
                    await send(next)
                }
            case .finished(let result): return result
            // `advance` does the others, and a transaction always ends with its result.
            default: preconditionFailure("a transaction ended without a result")
            }
        }
    }

    var transactions: Int { session.transactions }

    /// Whether another transaction may follow. To be asked after each: only then is it known whether
    /// the session is closed, over which nothing may be sent.
    func isReady() async -> Bool {
        if case .ready = await advance() { return session.mayBegin }
        return false
    }

    /// Notices that the host has ended the session since its last transaction, before a message is
    /// sent into the void: afterwards nobody could tell whether the host has it. A reply that nobody
    /// has asked for ends the session as well: it must not be taken for one to the next command.
    func isStillThere() async -> Bool {
        guard !isClosed, await connection.hasNews() else { return !isClosed }
        // Without a message so far, it is the first one's MAIL that can't be sent.
        let stage: SMTPClientStage = transactions == 0 ? .mail : .idle
        await watched { await read(stage, until: .now + SMTPClientStage.idle.deadline) }
        _ = await advance()
        return !isClosed
    }

    /// Says goodbye, if there is anybody to say it to, and closes.
    func quit() async {
        if !isClosed {
            session.quit(&output)
            _ = await advance()
        }
        await connection.close()
    }

    /// Runs `body` where the session costs least.
    func run<Value>(_ body: () async -> Value) async -> Value { await connection.onItsLoop(body) }

    // MARK: Steps

    /// Goes on to where the caller is needed: at `ready`, `sendContent`, `finished` or `closed`.
    private func advance() async -> SMTPClientAction {
        while true {
            var action = session.next(&input, &output)
            if case .read(let stage) = action { action = await reply(at: stage) }
            switch action {
            // Of several replies one has come.
            case .read: continue
            case .startTLS: await startTLS()
            case .authenticate(let mechanisms): authenticate(mechanisms)
            case .respond(let challenge): respond(challenge)
            case .ready, .sendContent, .finished:
                return action
            case .closed(let failure):
                self.failure = failure
                isClosed = true
                await flush(orFailAt: .quit)
                return action
            }
        }
    }

    /// Ends it at once.
    func abort() { connection.abort() }

    /// Reads until there is a reply, or something else to be done. However slowly its octets come, it is
    /// one wait with one deadline.
    private func reply(at stage: SMTPClientStage) async -> SMTPClientAction {
        if let stage = DeliveryStage(stage) { progress?.reached(stage) }
        var action = SMTPClientAction.read(stage)
        await watched {
            let deadline = ContinuousClock.now + stage.deadline
            let replies = session.replies
            while case .read(let stage) = action, session.replies == replies {
                await read(stage, until: deadline)
                action = session.next(&input, &output)
            }
        }
        return action
    }

    private func watched(_ body: () async -> Void) async {
        guard let post else { return await body() }
        // A host that may have the message may deliver it: its answer is waited for.
        let isAborted = await post.watch.during(
            post, aborting: connection, mayGiveUp: !session.mayHaveMessage, body)
        if isAborted { isGivenUp = true }
    }

    private func read(_ stage: SMTPClientStage, until deadline: ContinuousClock.Instant) async {
        await flush(orFailAt: stage)
        connection.setReadDeadline(max(deadline - .now, .zero))
        do throws(ConnectionError) {
            guard let bytes = try await connection.read() else {
                return session.fail(.lost(stage, cause: "the host closed the connection"))
            }
            input.writeImmutableBuffer(bytes)
            if isLarge, session.mayHaveMessage {
                session.hasUnsentContent = await connection.hasUnsentOutput()
            }
        } catch {
            session.fail(error == .timedOut ? .timeout(stage) : .lost(stage, cause: error.reason))
        }
    }

    private func flush(orFailAt stage: SMTPClientStage) async {
        guard output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        do throws(ConnectionError) {
            try await connection.write(bytes)
        } catch {
            session.fail(.lost(stage, cause: error.reason))
        }
    }

    private func startTLS() async {
        await flush(orFailAt: .startTLS)
        progress?.reached(.tls)
        do throws(ConnectionError) {
            try await connection.startTLS(
                security.context, serverName: host.name, verification: security.verification,
                timeout: handshakeTimeout)
            session.tlsEstablished(&output)
        } catch {
            tlsError = error
            session.fail(
                .tlsFailed(error == .timedOut ? "the handshake did not end in time" : error.reason))
        }
    }

    private func authenticate(_ mechanisms: [String]) {
        guard let credentials else {
            return session.cancelAuthentication("there are no credentials", &output)
        }
        do throws(SASLClient.Failure) {
            let exchange = try SASLClient(
                credentials.forSASL(over: connection.tls), service: "smtp", host: host.name)
            self.exchange = exchange
            let (mechanism, message) = try exchange.start(mechanisms)
            session.authenticate(
                mechanism.rawValue, initialResponse: message.response,
                isComplete: message.isComplete, &output)
        } catch {
            session.cancelAuthentication(error.cause, &output)
        }
    }

    private func respond(_ challenge: [UInt8]) {
        guard let exchange else {
            return session.cancelAuthentication("a challenge out of turn", &output)
        }
        do throws(SASLClient.Failure) {
            let message = try exchange.step(challenge)
            session.respond(message.response ?? [], isComplete: message.isComplete, &output)
        } catch {
            session.cancelAuthentication(error.cause, &output)
        }
    }

    private func nextPart(_ content: inout OutboundContent.Reader) async -> OutboundContent.Part? {
        do throws(MailError) {
            return try await content.next()
        } catch {
            // What has been sent so far must not end as a message.
            connection.abort()
            session.fail(.lost(.content, cause: "\(error)"))
            return nil
        }
    }

    private func send(_ part: OutboundContent.Part) async {
        // Content that goes with the commands is lost with them.
        let stage = session.stage
        progress?.reached(.content)
        session.encode(part.octets, isLast: part.isLast, &output)
        await watched { await flush(orFailAt: stage) }
    }
}

extension OutboundCredentials {
    fileprivate func forSASL(over tls: TLSSession?) -> SASLCredentials {
        let binding = tls?.channelBinding(.exporter).map { (ChannelBinding.exporter, $0) }
        return SASLCredentials(
            user: user, password: password, mayBeSent: tls != nil || allowsClear,
            channelBinding: binding)
    }
}
