import MailModel
import NIOCore
import SMTP

/// Runs a session over plain values: answers its actions by the names in the addresses, and keeps
/// what it accepted.
final class SessionDriver {
    var session: SMTPServerSession
    var output = ByteBuffer()
    var input = ByteBuffer()
    var content: [UInt8]?
    var messages: [[UInt8]] = []
    var envelopes: [Envelope] = []
    var actions: [SMTPServerAction] = []
    var isClosed = false
    var delays = 0
    var awaitsTLS = false
    /// The client is the server now.
    var hasTurned = false

    init(_ configuration: SMTPServerConfiguration, encrypted: Bool = false) {
        session = SMTPServerSession(
            configuration, isEncrypted: encrypted,
            mechanisms: configuration.role != .mailExchanger && encrypted ? ["PLAIN", "LOGIN", "FINAL"] : [])
        session.greet(&output)
    }

    static func mx(_ limits: SessionLimits = .init(), _ message: MessageLimits = .init(maximumSize: 1000))
        -> SMTPServerConfiguration
    {
        SMTPServerConfiguration(
            hostname: "mx.example.org", role: .mailExchanger, limits: limits, message: message,
            offersStartTLS: true, offersQueueStart: true, clock: { now })
    }

    static func submission(_ limits: SessionLimits = .init()) -> SMTPServerConfiguration {
        SMTPServerConfiguration(
            hostname: "mail.example.org", role: .submission, limits: limits,
            message: .init(maximumSize: 1000), offersStartTLS: true, requiresTLS: true,
            requiresAuthentication: true, maximumHold: .seconds(86400), clock: { now })
    }

    /// A client of a trusted network, which need not log in.
    static func trusted(_ role: SMTPServerConfiguration.Role) -> SMTPServerConfiguration {
        SMTPServerConfiguration(
            hostname: "mail.example.org", role: role, message: .init(maximumSize: 1000),
            offersStartTLS: true, isTrusted: true, maximumHold: .seconds(86400), clock: { now })
    }

    static func onDemandRelay(_ limits: SessionLimits = .init()) -> SMTPServerConfiguration {
        SMTPServerConfiguration(
            hostname: "odmr.example.org", role: .onDemandRelay, limits: limits, offersStartTLS: true,
            requiresTLS: true, requiresAuthentication: true)
    }

    /// 2026-11-22T05:01:12Z
    static let now = Timestamp(milliseconds: 1_795_323_672_000)

    /// Gives the octets to the session and does what it says, until it wants more.
    func receive(_ octets: some Collection<UInt8>) {
        input.writeBytes(octets)
        while !isClosed, !awaitsTLS {
            let action = session.next(&input, &output)
            actions.append(action)
            if action == .read { return }
            perform(action)
        }
    }

    private func perform(_ action: SMTPServerAction) {
        switch action {
        case .read, .flush: break
        case .delay: delays += 1
        case .close: isClosed = true
        case .startTLS: awaitsTLS = true
        case .checkSender(let mail):
            if case .address(let address) = mail.reversePath, let error = refusal(address) {
                refuse(error)
            } else {
                session.senderAccepted(&output)
            }
        case .checkRecipient(let recipient):
            let address = switch recipient.path {
            case .postmaster: EmailAddress(localPart: "postmaster", domain: "example.org")
            case .address(let address): address
            }
            if let error = refusal(address) {
                refuse(error)
            } else {
                session.recipientAccepted(address, &output)
            }
        case .beginMessage:
            if session.transaction?.mail.envelopeID == "full" {
                refuse(.storageFull("test"))
            } else {
                content = []
                session.messageStarted(&output)
            }
        case .content(let octets):
            content?.append(contentsOf: octets.readableBytesView)
            if let content, String(decoding: content, as: UTF8.self).contains("VIRUS") {
                session.refuseMessage(MailError(550, .init(5, 7, 1), "Refused content"))
            }
        case .endMessage:
            if let transaction = session.transaction, let content {
                envelopes.append(transaction.envelope)
                messages.append(content)
            }
            content = nil
            session.messageAccepted(QueueID(rawValue: UInt64(messages.count)), &output)
        case .resetTransaction: content = nil
        case .verify: session.answer(SMTPReply(250, .init(2, 1, 5), "<alice@example.org>"), &output)
        case .expand: session.answer(SMTPReply(550, .init(5, 1, 1), "No such list"), &output)
        case .startQueue(let domain, let includingSubdomains):
            if domain == "example.org" {
                let text = includingSubdomains ? "all of \(domain)" : domain
                session.answer(SMTPReply(250, .init(2, 0, 0), text), &output)
            } else {
                refuseRetrieval(SMTPReply(459, .init(4, 7, 1), "Node \(domain) not allowed"))
            }
        case .retrieve(let domains):
            if domains.contains("unknown.example") {
                refuseRetrieval(SMTPReply(450, .init(4, 7, 1), "ATRN request refused"))
            } else {
                hasTurned = session.turn(hasUnreadInput: input.readableBytes > 0, &output)
            }
        case .authenticate(let mechanism, let response): authenticate(mechanism, response)
        case .continueAuthentication(let response): authenticate("PLAIN", response)
        case .cancelAuthentication: break
        }
    }

    private func refuse(_ error: MailError) {
        if let action = session.refuse(error, &output) { perform(action) }
    }

    private func refuseRetrieval(_ reply: SMTPReply) {
        if let action = session.refuseRetrieval(reply, isGuess: true, &output) { perform(action) }
    }

    private func refusal(_ address: EmailAddress) -> MailError? {
        switch address.localPart {
        case "unknown": MailError(550, .init(5, 1, 1), "Unknown user")
        case "later": .directoryUnavailable("test")
        default: nil
        }
    }

    private func authenticate(_ mechanism: String, _ response: [UInt8]?) {
        switch response.map({ String(decoding: $0, as: UTF8.self) }) {
        case nil: session.challenge(Array("more?".utf8), &output)
        case "\0alice\0secret":
            let final = mechanism == "FINAL" ? Array("v=ok".utf8) : nil
            session.authenticationSucceeded(serverFinal: final, &output)
        case let text:
            session.authenticationFailed(
                SMTPReply(535, .init(5, 7, 8), "Authentication credentials invalid"),
                closing: text == "\0alice\0again", &output)
        }
    }

    /// The replies so far, each with its lines joined; then forgets them.
    func takeReplies() -> [String] {
        var replies: [String] = []
        var lines: [Substring] = []
        let text = output.readString(length: output.readableBytes) ?? ""
        for line in text.split(separator: "\r\n") {
            lines.append(line)
            if line.dropFirst(3).first != "-" {
                replies.append(lines.joined(separator: "\n"))
                lines = []
            }
        }
        return replies
    }
}

extension String {
    var octets: [UInt8] { Array(utf8) }
}
