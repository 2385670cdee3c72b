package import NIOCore

/// A POP3 session (RFC 1939) without its connection: it takes octets, writes replies and says what
/// the driver has to do. Pipelined commands (RFC 2449 section 6.8) are answered in their order.
///
/// A client that has not said UTF8 gets headers in ASCII (RFC 6856 section 2.1), which the driver sees
/// to, by RFC 6858: an -ERR would keep many clients from the rest of their mail.
package struct POP3Session: Sendable {
    enum Phase: UInt8 { case authorization = 1, transaction = 2, exchange = 4, waiting = 8, ended = 16 }

    /// Replies are handed over when there are this many octets of them.
    static let flushThreshold = 32 * 1024

    let configuration: POP3SessionConfiguration
    var offer: LoginOffer
    var phase = Phase.authorization
    /// The name of the last USER command.
    var userName: String?
    package internal(set) var isUTF8 = false
    /// The client has asked for the end.
    package internal(set) var hasQuit = false
    package internal(set) var maildrop: Maildrop?
    /// What is answered once the driver has measured messages.
    private var question: SizeQuestion?
    private var reader = CommandLineReader()
    private var badCommands = 0
    /// Lines read so far: a session in which this stands still makes no progress.
    package private(set) var lineCount = 0

    package init(configuration: POP3SessionConfiguration, offer: LoginOffer) {
        self.configuration = configuration
        self.offer = offer
    }

    package var isLoggedIn: Bool { maildrop != nil }

    package var hasUnreadInput: Bool { reader.hasUnreadInput }

    /// No timestamp in it: there is no APOP.
    package func writeGreeting(_ replies: inout ByteBuffer) {
        replies.writeStaticString("+OK ")
        replies.writeString(configuration.hostName)
        replies.writeStaticString(" Martlet POP3 server ready\r\n")
    }

    package mutating func receive(_ bytes: ByteBuffer) { reader.append(bytes) }

    /// Executes received commands up to the first that needs the driver.
    /// - Returns: nil when all that came has been used up.
    package mutating func advance(_ replies: inout ByteBuffer) -> POP3Action? {
        while phase != .ended {
            guard replies.readableBytes < Self.flushThreshold else { return .flush }
            guard let line = reader.next(limit: lineLimit) else { return nil }
            if let action = execute(line, &replies) { return action }
            if badCommands >= configuration.maximumBadCommands {
                POP3Reply.error("too many bad commands", &replies)
                phase = .ended
            }
        }
        return .close
    }

    private var lineLimit: Int {
        phase == .exchange || reader.starts(with: "AUTH ")
            ? configuration.maximumResponseLength : POP3SessionConfiguration.maximumLineLength
    }

    private mutating func execute(
        _ line: CommandLineReader.Line, _ replies: inout ByteBuffer
    ) -> POP3Action? {
        lineCount += 1
        guard case .line(let line) = line else {
            bad(line == .tooLong ? "line too long" : "line holds a bare CR or NUL", &replies)
            guard phase == .exchange else { return nil }
            phase = .authorization
            return .abandonAuthentication
        }
        if phase == .exchange { return response(line, &replies) }
        guard let (command, arguments) = CommandTable.find(line) else {
            bad("unknown command", &replies)
            return nil
        }
        guard command.phases & phase.rawValue != 0 else {
            bad("not now", &replies)
            return nil
        }
        do throws(ArgumentError) {
            return try command.run(&self, arguments, &replies)
        } catch {
            bad(error.text, &replies)
            return nil
        }
    }

    /// A reply to a command that counts against the limit.
    mutating func bad(_ text: StaticString, _ replies: inout ByteBuffer) {
        badCommands += 1
        POP3Reply.error(text, &replies)
    }

    /// ```
    /// response = base64 / "*"                                ; RFC 5034 section 6
    /// ```
    private mutating func response(
        _ line: ByteBuffer, _ replies: inout ByteBuffer
    ) -> POP3Action {
        guard line.readableBytesView.elementsEqual([UInt8(ascii: "*")]) else {
            phase = .waiting
            return .continueAuthentication(response: Array(line.readableBytesView))
        }
        phase = .authorization
        POP3Reply.error("authentication cancelled", &replies)
        return .abandonAuthentication
    }

    // MARK: What the driver did

    /// Everything known from before TLS is forgotten (RFC 2595 section 4).
    package mutating func tlsEstablished(_ offer: LoginOffer) {
        self.offer = offer
        reader.discard()
        userName = nil
        phase = .authorization
    }

    /// - Parameter base64: the server's challenge.
    package mutating func challenged(base64: String, _ replies: inout ByteBuffer) {
        phase = .exchange
        POP3Reply.challenge(base64: base64, &replies)
    }

    package mutating func loggedIn(_ maildrop: Maildrop, _ replies: inout ByteBuffer) {
        self.maildrop = maildrop
        userName = nil
        phase = .transaction
        replies.writeStaticString("+OK maildrop has ")
        replies.writeDecimal(maildrop.messages.count)
        replies.writeStaticString(" messages\r\n")
    }

    /// Another server has the maildrop and goes on with the session: with what was received and not
    /// read, which is returned.
    /// - Parameter text: what it has said to the login.
    package mutating func handedOver(_ text: String, _ replies: inout ByteBuffer) -> ByteBuffer {
        phase = .ended
        replies.writeString("+OK \(text)\r\n")
        return reader.takeUnreadInput()
    }

    /// - Parameter closing: the connection is to be ended.
    package mutating func loginFailed(
        _ failure: LoginFailure, closing: Bool = false, _ replies: inout ByteBuffer
    ) {
        userName = nil
        phase = closing ? .ended : .authorization
        switch failure {
        case .credentials: POP3Reply.error(.authentication, "authentication failed", &replies)
        case .malformedResponse: bad("malformed authentication response", &replies)
        case .mechanismUnavailable: bad("authentication mechanism not available", &replies)
        case .encryptionRequired: POP3Reply.error(.authentication, "TLS is required first", &replies)
        case .inUse: POP3Reply.error(.inUse, "another session has this maildrop", &replies)
        case .temporary: POP3Reply.error(.temporary, "can't log you in now, try again later", &replies)
        case .permanent: POP3Reply.error(.permanent, "the maildrop can't be opened", &replies)
        case .tooManyFailures:
            POP3Reply.error(.temporary, "too many failed logins, try again later", &replies)
        }
    }

    /// What is asked about sizes.
    enum SizeQuestion { case total, listing, message(Int) }

    mutating func answer(_ question: SizeQuestion, _ replies: inout ByteBuffer) -> POP3Action? {
        guard let maildrop else { return nil }
        var index: Int?
        if case .message(let asked) = question { index = asked }
        let unmeasured = maildrop.unmeasured(index)
        guard unmeasured.isEmpty else {
            self.question = question
            phase = .waiting
            return .measure(unmeasured)
        }
        maildrop.write(question, &replies)
        return nil
    }

    /// - Parameter sizes: of the messages that were to be measured. Where one is missing, that of the
    ///   stored form is told this time.
    package mutating func measured(_ sizes: [Int: Int], _ replies: inout ByteBuffer) {
        phase = .transaction
        maildrop?.measured(sizes)
        if let question { maildrop?.write(question, &replies) }
        question = nil
    }

    /// The text of a message follows (RFC 1939 sections 5 and 7).
    ///
    /// - Parameter isStoredForm: the text has the size that the maildrop says. That of another form may
    ///   not be known before it is sent.
    package func beginText(
        index: Int, bodyLines: Int?, isStoredForm: Bool = true, _ replies: inout ByteBuffer
    ) {
        guard bodyLines == nil, let maildrop else {
            POP3Reply.ok("top of message follows", &replies)
            return
        }
        guard isStoredForm else {
            POP3Reply.ok("message follows", &replies)
            return
        }
        replies.writeStaticString("+OK ")
        replies.writeDecimal(maildrop.messages[index].size)
        replies.writeStaticString(" octets\r\n")
    }

    /// The message can't be read: nothing of it has been written.
    package func textFailed(isTemporary: Bool, _ replies: inout ByteBuffer) {
        POP3Reply.error(
            isTemporary ? .temporary : .permanent, "the message can't be read", &replies)
    }

    /// The message has no form that this client could take; it stays in the maildrop.
    package func conversionFailed(_ replies: inout ByteBuffer) {
        POP3Reply.error(.permanent, "the message can't be converted for this client", &replies)
    }

    /// The UPDATE state is over; the session ends whatever came of it (RFC 1939 section 6).
    package mutating func updated(succeeded: Bool, _ replies: inout ByteBuffer) {
        phase = .ended
        if succeeded {
            POP3Reply.ok("deleted messages removed, goodbye", &replies)
        } else {
            POP3Reply.error(.temporary, "deleted messages were not removed", &replies)
        }
    }
}
