import Authentication
import Directory
import Logging
import MailModel
import NIOCore
import SMTP
import Transport

/// One client's session on its connection: moves the octets, sets the deadlines and does what the
/// session asks for. Used by one task.
final class SMTPConversation {
    let service: SMTPService
    let connection: Connection
    let address: String
    /// The client may relay without logging in.
    let isTrusted: Bool
    let policy: ReceivePolicy
    let submission: SubmissionPolicy

    var session: SMTPServerSession
    var output = ByteBuffer()
    private var input = ByteBuffer()
    private let started = ContinuousClock.now
    /// The server is going down: no more than the transaction under way.
    private var isEnding = false
    private var pace: DataPace?

    /// Of the transaction under way.
    var recipients = RecipientList()
    var limits: DomainLimits
    var message: IncomingMessage?

    // Authentication.
    var exchange: SASLExchange?
    var failedLogins = 0
    /// Who has logged in; counts once the session says so.
    var account: Account?

    var settings: SMTPServiceSettings { service.settings }

    init(
        _ service: SMTPService, _ connection: Connection, address: String, isTrusted: Bool,
        _ configuration: SMTPServerConfiguration
    ) {
        self.service = service
        self.connection = connection
        self.address = address
        self.isTrusted = isTrusted
        policy = ReceivePolicy(
            directory: service.directory, hosts: service.hosts, hostname: configuration.hostname)
        submission = SubmissionPolicy(directory: service.directory)
        limits = DomainLimits(service.directory)
        session = SMTPServerSession(configuration, isEncrypted: connection.tls != nil)
    }

    func run() async {
        do throws(ConnectionError) {
            session.mechanisms = mechanisms()
            try await greet()
            var isOpen = true
            while isOpen {
                let action = session.next(&input, &output)
                // Here rather than in `perform`, whose frame an idle session need not keep. Nor
                // are the others to become part of this function or of `receive`.
                if case .read = action {
                    try await receive()
                } else {
                    isOpen = try await perform(action)
                }
            }
            if let cause = session.endCause { log("connection ended by the server", cause: cause) }
        } catch {
            fail(error)
        }
        message?.discard()
        await connection.close(after: output, isAsked: session.hasQuit && input.readableBytes == 0)
    }

    /// A client that speaks before the greeting does not listen: it is refused
    /// (RFC 5321 section 3.1). Networks that the administrator trusts are not kept waiting.
    private func greet() async throws(ConnectionError) {
        guard settings.role == .mailExchanger, settings.greetDelay > .zero else {
            return session.greet(&output)
        }
        if !isTrusted { await connection.pause(settings.greetDelay) }
        if connection.hasUnreadInput {
            session.refuseEarlyTalker(&output)
        } else {
            session.greet(&output)
        }
    }

    @inline(never)
    private func perform(_ action: SMTPServerAction) async throws(ConnectionError) -> Bool {
        switch action {
        case .read, .flush: try await flush()
        case .delay(let delay): await pause(delay)
        case .close: return false
        case .startTLS: try await startTLS()
        case .authenticate(let mechanism, let response):
            await beginAuthentication(mechanism, response)
        case .continueAuthentication(let response): await stepAuthentication(response)
        case .cancelAuthentication: cancelAuthentication()
        case .checkSender(let mail): await checkSender(mail)
        case .checkRecipient(let recipient): await checkRecipient(recipient)
        case .beginMessage: await beginMessage()
        case .content(let octets): await take(octets)
        case .endMessage: await endMessage()
        case .resetTransaction(let reply):
            if message != nil, let reply { log("message refused", cause: reply.description) }
            resetTransaction()
        case .verify(let text): await verify(text)
        case .expand: session.answer(.cannotExpand, &output)
        case .startQueue(let domain, let includingSubdomains):
            await startQueue(domain, includingSubdomains: includingSubdomains)
        case .retrieve(let domains): try await retrieve(domains)
        }
        return true
    }

    // MARK: - Octets

    /// Of what has been read, and of what has arrived since.
    var hasUnreadInput: Bool { input.readableBytes > 0 || connection.hasUnreadInput }

    @inline(never)
    func flush() async throws(ConnectionError) {
        guard output.readableBytes > 0 else { return }
        let replies = output
        // A buffer of its own for the next replies, when there are any: idle sessions have none.
        output = ByteBuffer()
        try await connection.write(replies)
    }

    private func receive() async throws(ConnectionError) {
        try await flush()
        guard setDeadline() else { return }
        do throws(ConnectionError) {
            guard let octets = try await connection.read() else { throw .closed }
            add(octets)
        } catch {
            guard error == .shuttingDown else { throw error }
            isEnding = true
        }
        checkPace()
    }

    /// False: the session has come to its end instead.
    @inline(never)
    private func setDeadline() -> Bool {
        let hasTransaction = session.transaction != nil
        if isEnding, !hasTransaction {
            session.end(.shuttingDown, &output)
            return false
        }
        if input.readableBytes == 0 { input = ByteBuffer() }
        let now = ContinuousClock.now
        if session.isReceivingMessage {
            pace = pace ?? DataPace(started: now, minimumRate: settings.minimumDataRate)
            connection.setReadDeadline(settings.dataTimeout)
            return true
        }
        pace = nil
        if input.readableBytes == 0, !session.isSkippingLine {
            guard now - started < settings.sessionLifetime || hasTransaction else {
                session.end(.timeout, &output)
                return false
            }
            connection.setReadDeadline(settings.commandTimeout)
        }
        return true
    }

    @inline(never)
    private func checkPace() {
        if pace?.isTooSlow(at: .now) == true { session.end(.tooSlow, &output) }
    }

    @inline(never)
    private func add(_ octets: ByteBuffer) {
        pace?.octets += octets.readableBytes
        if input.readableBytes == 0 {
            input = octets
        } else {
            input.writeImmutableBuffer(octets)
        }
    }

    private func startTLS() async throws(ConnectionError) {
        guard let context = service.tls else {
            return session.end(.shuttingDown, &output)
        }
        let reply = output
        output = ByteBuffer()
        input = ByteBuffer()
        try await connection.startTLS(context, reply: reply, timeout: settings.handshakeTimeout)
        account = nil
        session.tlsStarted(mechanisms: mechanisms())
    }

    /// Late on purpose; at once when the task is cancelled.
    func pause(_ delay: Duration) async {
        guard delay > .zero else { return }
        do {
            try await Task.sleep(for: delay)
        } catch {
            isEnding = true
        }
    }

    private func fail(_ error: ConnectionError) {
        log("connection broke off", level: .debug, cause: "\(error)")
        output = ByteBuffer()
        if error == .timedOut { session.end(.timeout, &output) }
    }
}
