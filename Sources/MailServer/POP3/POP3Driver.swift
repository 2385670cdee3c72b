internal import Authentication
internal import Logging
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import POP3
internal import Storage
internal import Transport

/// One connection's session, driven: reads octets, does what the state machine asks for, gathers the
/// replies and sends them when the input is used up.
///
/// Used by the connection's task alone. A session that does not end with QUIT deletes nothing.
final class POP3Driver {
    enum Ending: String { case quit, disconnected, idle, shutdown, refused, failed }

    let service: POP3Service
    let connection: Connection
    let options: AccessListenerOptions
    var session: POP3Session
    var replies = ByteBuffer()
    var logger: Logger
    var login = LoginProgress()
    var maildrop: LockedMaildrop?
    /// The user's home server, which goes on with the session, and what it has not read.
    var home: (connection: HomeConnection, unread: ByteBuffer)?
    var retrieved = (messages: 0, octets: 0)
    var deleted = 0
    private let started = ContinuousClock.now

    init(_ service: POP3Service, _ connection: Connection, _ options: AccessListenerOptions) {
        self.service = service
        self.connection = connection
        self.options = options
        logger = service.logger
        session = POP3Session(
            configuration: service.configuration.session,
            offer: Self.offer(service, connection, options))
    }

    func run() async {
        let ending = await converse()
        releaseMaildrop()
        logSession(ending)
    }

    private func converse() async -> Ending {
        do throws(ConnectionError) {
            session.writeGreeting(&replies)
            try await flush()
            return try await serveCommands()
        } catch {
            return await sayGoodbye(after: error)
        }
    }

    private func serveCommands() async throws(ConnectionError) -> Ending {
        var lines = -1
        while true {
            // Only a complete command puts the deadline off, so that none can be trickled.
            if session.lineCount != lines {
                lines = session.lineCount
                setDeadline()
            }
            guard let bytes = try await connection.read() else {
                await connection.close()
                return .disconnected
            }
            session.receive(bytes)
            if let ending = try await answer() { return ending }
            if let home = home.take() { return await serve(by: home.connection, home.unread) }
        }
    }

    /// Does what the input asks for. Its frame, and those of what it calls, are not to become one with
    /// the frame of `serveCommands`, which an idle session keeps.
    @inline(never)
    private func answer() async throws(ConnectionError) -> Ending? {
        while home == nil, let action = session.advance(&replies) {
            if action == .close {
                // Before the client reads the reply: it may come again at once.
                releaseMaildrop()
                let isAsked = session.hasQuit && !session.hasUnreadInput
                await connection.close(after: replies, isAsked: isAsked)
                return session.hasQuit ? .quit : .refused
            }
            if action.isLogin {
                try await connection.inOwnTask { () async throws(ConnectionError) in
                    try await self.perform(action)
                }
            } else {
                try await perform(action)
            }
        }
        try await flush()
        return nil
    }

    private func setDeadline() {
        let idle = service.configuration.idleTimeout
        let untilLogin = service.configuration.loginTimeout - (ContinuousClock.now - started)
        connection.setReadDeadline(session.isLoggedIn ? idle : min(idle, max(untilLogin, .zero)))
    }

    /// RFC 1939 section 3: a session that was idle for too long is closed without a reply.
    private func sayGoodbye(after error: ConnectionError) async -> Ending {
        switch error {
        case .timedOut:
            await connection.close()
            return .idle
        case .shuttingDown:
            POP3Reply.error(.temporary, "server shutting down", &replies)
            await connection.close(after: replies)
            return .shutdown
        case .clearTextAfterStartTLS:
            logger.warning(
                "POP3 client sent clear text behind STLS",
                metadata: ["remote": "\(connection.remoteAddress)"])
            connection.abort()
            return .refused
        default:
            connection.abort()
            return .disconnected
        }
    }

    @inline(never)
    private func perform(_ action: POP3Action) async throws(ConnectionError) {
        switch action {
        case .flush: try await flush()
        case .startTLS: try await startTLS()
        case .verifyPassword(let login, let password): try await verify(login, password)
        case .beginAuthentication(let mechanism, let initial):
            try await beginExchange(mechanism, initial)
        case .continueAuthentication(let response): try await continueExchange(response)
        case .abandonAuthentication: login.exchange = nil
        case .measure(let indices): session.measured(await measure(indices), &replies)
        case .retrieve(let index, let lines): try await retrieve(index, bodyLines: lines)
        case .update(let indices): await update(deleting: indices)
        case .close: break
        }
    }

    func flush() async throws(ConnectionError) {
        guard replies.readableBytes > 0 else { return }
        let bytes = replies
        replies = ByteBuffer()
        try await connection.write(bytes)
    }

    // MARK: TLS

    private func startTLS() async throws(ConnectionError) {
        guard let context = options.startTLS else { return }
        let reply = replies
        replies = ByteBuffer()
        try await connection.startTLS(
            context, reply: reply, timeout: service.configuration.handshakeTimeout)
        session.tlsEstablished(Self.offer(service, connection, options))
    }

    private static func offer(
        _ service: POP3Service, _ connection: Connection, _ options: AccessListenerOptions
    ) -> LoginOffer {
        let isEncrypted = connection.tls != nil
        let authentication = service.authentication
        return LoginOffer(
            allowsPassword: isEncrypted || options.loginWithoutTLS,
            offersTLS: !isEncrypted && options.startTLS != nil,
            mechanisms: {
                authentication.mechanisms(
                    for: ClientContext(
                        service: "pop", connection: connection,
                        allowsPlaintextWithoutTLS: options.loginWithoutTLS, previousFailures: 0))
            })
    }

    // MARK: UPDATE

    private func update(deleting indices: [Int]) async {
        guard let maildrop else { return }
        do throws(MailError) {
            try await maildrop.remove(indices.map { maildrop.messages[$0].uid })
            deleted = indices.count
            session.updated(succeeded: true, &replies)
        } catch {
            logger.error(
                "POP3 deletions failed",
                metadata: ["account": "\(maildrop.account)", "error": "\(error)"])
            session.updated(succeeded: false, &replies)
        }
    }

    func releaseMaildrop() {
        maildrop?.close()
        maildrop = nil
    }
}

extension POP3Action {
    /// Steps that ask the directory.
    fileprivate var isLogin: Bool {
        switch self {
        case .verifyPassword, .beginAuthentication, .continueAuthentication: true
        default: false
        }
    }
}
