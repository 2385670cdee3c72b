internal import MailModel
internal import NIOCore
internal import SMTP
internal import Transport

/// One session with a host that is asked: moves the octets between its connection and the
/// protocol's state machine.
///
/// `@unchecked`: used by one task at a time, which the pool sees to.
final class InquirySession: PooledSession, @unchecked Sendable {
    /// For a reply, and for the TLS handshake. The question has its own deadline.
    private static let timeout = Duration.seconds(30)

    private let connection: Connection
    private let name: String
    private let context: TLSClientContext
    private var inquiry: HostInquiry
    private var input = ByteBuffer()
    private var output = ByteBuffer()

    init(
        _ connection: Connection, to host: MailHost, configuration: SMTPClientConfiguration,
        context: TLSClientContext
    ) {
        self.connection = connection
        self.context = context
        name = host.name
        inquiry = HostInquiry(configuration, isEncrypted: connection.tls != nil)
    }

    /// From the greeting to where questions may begin.
    func open() async -> SMTPClientFailure? { await advance().failure }

    func ask(_ address: EmailAddress) async -> Result<HostKnowledge, SMTPClientFailure> {
        // What the host has said since the last question is no answer to this one.
        if await connection.hasNews() {
            await read(.idle)
            if let failure = await advance().failure { return .failure(failure) }
        }
        inquiry.ask(address.forWire)
        switch await advance() {
        case .answered(let knowledge): return .success(knowledge)
        case let end: return .failure(end.failure ?? .lost(.recipient, cause: "closed"))
        }
    }

    func quit() async {
        inquiry.quit(&output)
        await flush()
        await connection.close()
    }

    /// Runs `body` where the session costs least, and breaks off when the task is cancelled.
    func run<Value>(_ body: () async -> Value) async -> Value {
        await connection.onItsLoop { await connection.abortedWhenCancelled(body) }
    }

    // MARK: Steps

    private func advance() async -> HostInquiry.Action {
        while true {
            let action = inquiry.next(&input, &output)
            switch action {
            case .read(let stage): await read(stage)
            case .startTLS: await startTLS()
            case .ready, .answered: return action
            case .closed:
                await flush()
                return action
            }
        }
    }

    private func read(_ stage: SMTPClientStage) async {
        await flush()
        connection.setReadDeadline(Self.timeout)
        do throws(ConnectionError) {
            guard let bytes = try await connection.read() else {
                return inquiry.fail(.lost(stage, cause: "the host closed the connection"))
            }
            input.writeImmutableBuffer(bytes)
        } catch {
            inquiry.fail(error == .timedOut ? .timeout(stage) : .lost(stage, cause: error.reason))
        }
    }

    /// An error shows when the reply is read.
    private func flush() async {
        guard output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        try? await connection.write(bytes)
    }

    private func startTLS() async {
        await flush()
        do throws(ConnectionError) {
            // The question is no secret: whoever answers will do.
            try await connection.startTLS(
                context, serverName: name, verification: .none, timeout: Self.timeout)
            inquiry.tlsEstablished(&output)
        } catch {
            inquiry.fail(.tlsFailed(error.reason))
        }
    }
}

extension HostInquiry.Action {
    fileprivate var failure: SMTPClientFailure? {
        if case .closed(let failure) = self { failure ?? .lost(.idle, cause: "closed") } else { nil }
    }
}
