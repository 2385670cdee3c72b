package import MailModel
package import NIOCore

/// Asks a host which addresses it has, without any I/O: VRFY (RFC 5321 section 3.5), and where the
/// host does not tell, the begin of a transaction that is taken back.
///
/// The driver does as `next` says, as with `SMTPClientSession`, which does what comes before the
/// first question. A host that breaks off has not answered. Used by one task.
package struct HostInquiry: Sendable {
    package enum Action: Sendable, Equatable {
        /// Send the output, read more before the stage's deadline, then call `next`.
        case read(SMTPClientStage)
        /// Do the TLS handshake, then `tlsEstablished`, or `fail(.tlsFailed)`.
        case startTLS
        /// `ask`, or `quit`.
        case ready
        /// The answer to `ask`. Then call `next`.
        case answered(HostKnowledge)
        /// Send the output and end the connection.
        case closed(SMTPClientFailure?)
    }

    private enum Command { case verify, reset, mail, recipient }

    private var session: SMTPClientSession
    private var reader = ReplyReader()
    /// A question is open.
    private var address: EmailAddress?
    private var unsent: [Command] = []
    /// Sent, and not answered.
    private var pending: [Command] = []
    private var knowledge: HostKnowledge?
    /// The host answers VRFY, as far as is known.
    private var verifies = true
    /// The host is within a transaction.
    private var needsReset = false
    /// Between questions and in them the session is not asked.
    private var isReady = false
    private var failure: SMTPClientFailure?

    /// - Parameter configuration: without authentication.
    package init(_ configuration: SMTPClientConfiguration, isEncrypted: Bool) {
        session = SMTPClientSession(configuration, isEncrypted: isEncrypted)
    }

    /// Reads on in `input`.
    package mutating func next(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> Action {
        guard isReady else { return open(&input, &output) }
        while true {
            if let failure { return .closed(failure) }
            // What is there before the question is no answer to it.
            if !unsent.isEmpty, pending.isEmpty, !reader.isEmpty || input.readableBytes > 0 {
                failure = .protocolError("a reply before its command", stage)
                continue
            }
            if address != nil { send(&output) }
            if address != nil, pending.isEmpty, let knowledge {
                address = nil
                self.knowledge = nil
                return .answered(knowledge)
            }
            switch reader.next(&input) {
            case .needsMore:
                return address == nil && reader.isEmpty ? .ready : .read(stage)
            case .malformed(let cause): failure = .protocolError(cause, stage)
            case .reply(let reply): take(reply)
            case .cut(let reply):
                take(reply)
                failure = failure ?? .protocolError("a reply is too long", stage)
            }
        }
    }

    /// The next question, after `.ready`. Then call `next`.
    package mutating func ask(_ address: EmailAddress) {
        guard isReady, failure == nil, self.address == nil else { return }
        self.address = address
        guard address.isFitForCommand else {
            knowledge = .doesNotKnow("the address can't be sent")
            return
        }
        guard !address.needsSMTPUTF8 || session.capabilities.smtpUTF8 else {
            knowledge = .doesNotKnow("the host does not support SMTPUTF8")
            return
        }
        unsent = verifies ? [.verify] : probe
    }

    package mutating func tlsEstablished(_ output: inout ByteBuffer) {
        session.tlsEstablished(&output)
    }

    /// The connection broke, a deadline passed, or the handshake failed.
    package mutating func fail(_ failure: SMTPClientFailure) {
        self.failure = self.failure ?? failure
        session.fail(failure)
    }

    /// Ends the session after `.ready`. The reply need not be waited for.
    package mutating func quit(_ output: inout ByteBuffer) {
        guard isReady, failure == nil else { return }
        session.quit(&output)
    }

    // MARK: - Steps

    private mutating func open(_ input: inout ByteBuffer, _ output: inout ByteBuffer) -> Action {
        switch session.next(&input, &output) {
        case .read(let stage): return .read(stage)
        case .startTLS: return .startTLS
        case .ready:
            isReady = true
            return .ready
        case .closed(let failure): return .closed(failure)
        // Nothing of this was asked for.
        case .authenticate, .respond, .sendContent, .finished:
            return .closed(.protocolError("out of turn", .hello))
        }
    }

    private var stage: SMTPClientStage {
        switch pending.first {
        case .verify, .recipient: .recipient
        case .reset: .reset
        case .mail: .mail
        case nil: .idle
        }
    }

    private var probe: [Command] { needsReset ? [.reset, .mail, .recipient] : [.mail, .recipient] }

    private mutating func send(_ output: inout ByteBuffer) {
        guard let address, pending.isEmpty || session.capabilities.pipelining else { return }
        let count = session.capabilities.pipelining ? unsent.count : min(unsent.count, 1)
        for command in unsent.prefix(count) { write(command, address, &output) }
        pending += unsent.prefix(count)
        unsent.removeFirst(count)
    }

    private func write(_ command: Command, _ address: EmailAddress, _ output: inout ByteBuffer) {
        let parameter = address.needsSMTPUTF8 ? " SMTPUTF8\r\n" : "\r\n"
        switch command {
        case .verify: output.writeString("VRFY \(address)\(parameter)")
        case .reset: output.writeStaticString("RSET\r\n")
        // Every host takes the null sender (RFC 5321 section 4.5.5), and no bounce can come of it.
        case .mail: output.writeString("MAIL FROM:<>\(parameter)")
        case .recipient: output.writeString("RCPT TO:<\(address)>\r\n")
        }
    }

    private mutating func take(_ reply: ServerReply) {
        guard !pending.isEmpty, !reply.endsConnection else {
            failure = .refused(reply, stage)
            return
        }
        switch pending.removeFirst() {
        case .verify: takeVerification(reply)
        case .reset:
            needsReset = !reply.isPositive
            if needsReset { giveUp("\(reply)") }
        case .mail:
            if reply.isPositive { needsReset = true } else { giveUp("\(reply)") }
        case .recipient: knowledge = knowledge ?? HostKnowledge(reply)
        }
    }

    /// A host that is not sure, or does not tell, may do so for a transaction.
    private mutating func takeVerification(_ reply: ServerReply) {
        if reply.code == 250 || reply.code == 251 {
            knowledge = .knows
        } else if reply.isNoSuchMailbox, reply.status.subject == 1 {
            knowledge = .doesNotKnow("\(reply)")
        } else {
            // 252, 500, 502 and 504 are the host's answer to any address.
            if reply.isPositive || reply.status == EnhancedStatusCode(5, 5, 1)
                || [500, 502, 504].contains(reply.code)
            {
                verifies = false
            }
            unsent = probe
        }
    }

    private mutating func giveUp(_ cause: String) {
        knowledge = knowledge ?? .undecided(cause)
        unsent = []
    }
}

/// What one host says of an address.
package enum HostKnowledge: Sendable, Equatable {
    case knows
    case doesNotKnow(String)
    /// It can't or won't tell now; the text is for the log.
    case undecided(String)

    /// From the reply to RCPT.
    init(_ reply: ServerReply) {
        if reply.code == 250 || reply.code == 251 {
            self = .knows
        } else if reply.isNoSuchMailbox {
            self = .doesNotKnow("\(reply)")
        } else {
            self = .undecided("\(reply)")
        }
    }
}

extension ServerReply {
    /// RFC 3463 X.1: of the address; without an enhanced code X.0.0. Refusals of another subject,
    /// for want of rights say, tell nothing of the address.
    fileprivate var isNoSuchMailbox: Bool {
        [550, 551, 553].contains(code) && (status.subject == 1 || status.subject == 0)
    }
}
