import MailModel
import NIOCore

@testable import SMTP

/// Runs a client's session over plain values: sends its messages one after the other, then QUIT.
struct ClientDriver {
    var session: SMTPClientSession
    var messages: [(ClientTransaction, content: String)]
    /// The content is given in pieces of as many octets.
    var pieceLength = 1 << 20
    /// What a mechanism says: at first, then to each challenge.
    var responses: [String] = []
    /// Answers the last of which the peer may accept.
    var neededResponses = 1

    var input = ByteBuffer()
    var output = ByteBuffer()
    var results: [TransactionResult] = []
    var challenges: [String] = []
    var isClosed = false
    var failure: SMTPClientFailure?
    var waitsFor: SMTPClientStage?
    var handshakes = 0
    private var current: (content: [UInt8], sent: Int)?
    private var answers = 0

    init(
        _ configuration: SMTPClientConfiguration = .init(hostname: "client.example"),
        isEncrypted: Bool = false, _ messages: [(ClientTransaction, content: String)] = []
    ) {
        session = SMTPClientSession(configuration, isEncrypted: isEncrypted)
        self.messages = messages
    }

    mutating func receive(_ octets: some Sequence<UInt8>) {
        input.writeBytes(octets)
        run()
    }

    mutating func run() {
        var steps = 0
        while !isClosed {
            steps += 1
            precondition(steps < 100_000, "the session makes no progress")
            switch session.next(&input, &output) {
            case .read(let stage):
                waitsFor = stage
                return
            case .startTLS:
                handshakes += 1
                session.tlsEstablished(&output)
            case .authenticate(let mechanisms): authenticate(mechanisms)
            case .respond(let challenge):
                challenges.append(String(decoding: challenge, as: UTF8.self))
                guard answers < responses.count else {
                    session.cancelAuthentication("no answer", &output)
                    break
                }
                answers += 1
                session.respond(
                    responses[answers - 1].octets, isComplete: answers >= neededResponses, &output)
            case .ready:
                if messages.isEmpty || !session.mayBegin {
                    session.quit(&output)
                } else {
                    let (transaction, content) = messages.removeFirst()
                    current = (content.octets, 0)
                    session.begin(transaction)
                }
            case .sendContent: sendContent()
            case .finished(let result): results.append(result)
            case .closed(let failure):
                isClosed = true
                self.failure = failure
            }
        }
    }

    private mutating func authenticate(_ mechanisms: [String]) {
        guard let mechanism = mechanisms.first(where: { $0 != "GSSAPI" }) else {
            return session.cancelAuthentication("no mechanism", &output)
        }
        answers = min(1, responses.count)
        session.authenticate(
            mechanism, initialResponse: responses.first?.octets,
            isComplete: answers >= neededResponses, &output)
    }

    private mutating func sendContent() {
        guard let (content, sent) = current else { return }
        let end = min(sent + pieceLength, content.count)
        session.encode(
            ByteBuffer(bytes: content[sent..<end]), isLast: end == content.count, &output)
        current = (content, end)
    }

    mutating func takeOutput() -> String {
        output.readString(length: output.readableBytes) ?? ""
    }
}

extension ClientTransaction {
    /// A message from a@client.example to these local parts at peer.example.
    static func to(_ names: String..., size: Int = 10) -> ClientTransaction {
        to(names, size: size)
    }

    static func to(_ names: [String], size: Int = 10) -> ClientTransaction {
        ClientTransaction(
            reversePath: .address(EmailAddress(localPart: "a", domain: "client.example")),
            recipients: names.map {
                EnvelopeRecipient(address: EmailAddress(localPart: $0, domain: "peer.example"))
            }, size: size)
    }

    func with(_ change: (inout ClientTransaction) -> Void) -> ClientTransaction {
        var changed = self
        change(&changed)
        return changed
    }
}

extension RecipientOutcome {
    /// In few words, for tables.
    var brief: String {
        switch self {
        case .accepted(let reply): "accepted \(reply.code) \(reply.status)"
        case .refused(let reply, let stage): "refused \(reply.code) \(reply.status) at \(stage)"
        case .impossible(let error): "impossible \(error.code) \(error.status)"
        case .broken(_, let mayBeDelivered): mayBeDelivered ? "unknown" : "broken"
        case .notTried: "notTried"
        }
    }
}
