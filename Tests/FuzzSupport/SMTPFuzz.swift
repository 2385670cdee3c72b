package import MailModel
package import NIOCore
package import SMTP

/// Answers an SMTP session's actions as a server would, keeping what comes out of it.
package struct SMTPFuzz: ~Copyable {
    package private(set) var session: SMTPServerSession
    package private(set) var output = ByteBuffer()
    package private(set) var messages: [[UInt8]] = []
    package private(set) var envelopes: [Envelope] = []
    private var content: [UInt8] = []
    private var input = ByteBuffer()
    package private(set) var hasEnded = false
    /// The roles have changed: nothing of what follows is the session's.
    package private(set) var hasTurned = false
    /// More actions than octets: it does not come to an end.
    package private(set) var isStuck = false
    /// A message was refused in the middle. Where one has several defects, it depends on the segments
    /// which is told.
    package private(set) var hasRefusedContent = false

    package init(role: SMTPServerConfiguration.Role, isEncrypted: Bool, bareLineEnds: BareLineEnds) {
        let configuration = SMTPServerConfiguration(
            hostname: "mx.example.org", role: role,
            limits: SessionLimits(recipients: 5, transactions: 20, failedCommands: 10),
            message: MessageLimits(
                maximumSize: 2000, maximumLineLength: 1000, bareLineEnds: bareLineEnds),
            offersStartTLS: true, requiresTLS: role != .mailExchanger,
            requiresAuthentication: role != .mailExchanger, maximumHold: .seconds(86400),
            offersQueueStart: true, clock: { Timestamp(milliseconds: 1_800_000_000_000) })
        session = SMTPServerSession(
            configuration, isEncrypted: isEncrypted, mechanisms: ["PLAIN", "LOGIN", "FINAL"])
        session.greet(&output)
    }

    /// The octets of one read from the socket.
    package mutating func receive(_ octets: [UInt8]) {
        guard !hasEnded else { return }
        input.writeBytes(octets)
        var actions = 0
        while true {
            actions += 1
            if actions > 10_000 + 10 * octets.count {
                isStuck = true
                hasEnded = true
                return
            }
            let action = session.next(&input, &output)
            if action == .read { return }
            perform(action)
            if hasEnded { return }
        }
    }

    private mutating func perform(_ action: SMTPServerAction) {
        switch action {
        case .read, .flush, .delay, .cancelAuthentication: break
        case .close: hasEnded = true
        case .startTLS:
            // The listener refuses what was sent before the handshake; here it is dropped.
            input.clear()
            session.tlsStarted(mechanisms: ["PLAIN"])
        case .checkSender(let mail):
            if case .address(let address) = mail.reversePath, address.localPart == "no" {
                refuse(MailError(550, .init(5, 7, 1), "No"))
            } else {
                session.senderAccepted(&output)
            }
        case .checkRecipient(let recipient):
            switch recipient.path {
            case .address(let address) where address.localPart == "no":
                refuse(MailError(550, .init(5, 1, 1), "No such user"))
            case .address(let address): session.recipientAccepted(address, &output)
            case .postmaster:
                let address = EmailAddress(localPart: "postmaster", domain: "example.org")
                session.recipientAccepted(address, &output)
            }
        case .beginMessage:
            content = []
            session.messageStarted(&output)
        case .content(let octets):
            content += octets.readableBytesView
            if content.count > 1500 {
                hasRefusedContent = true
                session.refuseMessage(MailError(552, .init(5, 3, 4), "Too much"))
            }
        case .endMessage:
            messages.append(content)
            if let envelope = session.transaction?.envelope { envelopes.append(envelope) }
            session.messageAccepted(QueueID(rawValue: UInt64(messages.count)), &output)
        case .resetTransaction: content = []
        case .verify, .expand: session.answer(SMTPReply(252, .init(2, 0, 0), "Perhaps"), &output)
        case .startQueue(let domain, _):
            if domain == "no.test" {
                refuse(SMTPReply(459, .init(4, 7, 1), "No"))
            } else {
                session.answer(SMTPReply(250, .init(2, 0, 0), "Started"), &output)
            }
        case .retrieve(let domains):
            if domains.contains("no.test") {
                refuse(SMTPReply(450, .init(4, 7, 1), "No"))
            } else {
                hasTurned = session.turn(hasUnreadInput: input.readableBytes > 0, &output)
            }
        case .authenticate(_, let response?), .continueAuthentication(let response):
            authenticate(response)
        case .authenticate(let mechanism, nil):
            session.challenge(Array(mechanism.utf8), &output)
        }
    }

    private mutating func authenticate(_ response: [UInt8]) {
        switch response.count % 3 {
        case 0: session.authenticationSucceeded(serverFinal: nil, &output)
        case 1: session.authenticationSucceeded(serverFinal: [1, 2, 3], &output)
        default:
            session.authenticationFailed(
                SMTPReply(535, .init(5, 7, 8), "Wrong"), closing: response.count > 20, &output)
        }
    }

    private mutating func refuse(_ reply: SMTPReply) {
        if let action = session.refuseRetrieval(reply, isGuess: true, &output) { perform(action) }
    }

    private mutating func refuse(_ error: MailError) {
        if let action = session.refuse(error, &output) { perform(action) }
    }

    package static let words = FuzzSupport.words([
        "EHLO a.test\r\n", "HELO [127.0.0.1]\r\n", "EHLO a.test\r\n", "MAIL FROM:<a@b.test>\r\n",
        "MAIL FROM:<a@b.test>\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<no@b.test>\r\n",
        "MAIL FROM:<a@b.test> SIZE=12 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb\r\n",
        "MAIL FROM:<a@b.test> HOLDFOR=60 BY=-9;NT MT-PRIORITY=-3\r\n", "MAIL FROM:<a@b.test> REQUIRETLS BY=99;R\r\n",
        "MAIL FROM:<a@b.test> HOLDUNTIL=2027-01-15T09:00:00+01:00 MT-PRIORITY=9\r\n",
        "MAIL FROM:<a@b.test> HOLDFOR=9999999999999\r\n", "MAIL FROM:<a@b.test> BY=1;X\r\n",
        "ETRN a.test\r\n", "ETRN @no.test\r\n", "ETRN #q\r\n", "ETRN *\r\n", "ATRN\r\n", "ATRN a.test,b.test\r\n",
        "ATRN no.test\r\n", "ATRN ,\r\n", " BY=", ";R", " HOLDUNTIL=", "-", ",",
        "MAIL FROM:<a@b.test> BODY=BINARYMIME\r\n", "MAIL FROM:<a@b.test> SIZE=99999999999999999999\r\n",
        "RCPT TO:<u@example.org>\r\n", "RCPT TO:<v@example.org>\r\n", "RCPT TO:<no@example.org>\r\n",
        "RCPT TO:<Postmaster>\r\n", "RCPT TO:<\"a b\\\"c\"@example.org>\r\n",
        "RCPT TO:<@a,@b:u@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;u+40example.org\r\n",
        "RCPT TO:<\u{fc}@example.org> NOTIFY=NEVER\r\n", "RCPT TO:<u@[IPv6:::1]>\r\n",
        "DATA\r\n", "DATA\r\n", "Subject: a\r\n", "\r\n", "..\r\n", ".\r\n", "\r\n.\r\n", "\n.\n", "\r.\r",
        "\n.\r\n", "\r\n.\r", "\r\n.\n", "\r", "\n", "\0", "text\r\n", "BDAT 4\r\nabcd", "BDAT 6 LAST\r\nab\r\ncd",
        "BDAT 0 LAST\r\n", "BDAT 2500 LAST\r\n", "BDAT 99999999999999999999\r\n", "RSET\r\n", "NOOP x\r\n",
        "VRFY <a>\r\n", "EXPN b\r\n", "HELP MAIL\r\n", "STARTTLS\r\n", "AUTH PLAIN AGEAYg==\r\n", "AUTH LOGIN\r\n",
        "AUTH FINAL =\r\n", "AGEAYg==\r\n", "*\r\n", "=\r\n", "QUIT\r\n", "XCLIENT ADDR=1\r\n", "mail from:", "<", ">", "@",
        " ", "\\", "\"", String(repeating: "x", count: 600),
    ])
}
