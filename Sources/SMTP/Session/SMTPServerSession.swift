package import NIOCore

/// The server's side of one SMTP connection (RFC 5321), without any I/O.
///
/// The driver gives the octets that have arrived to `next`, which answers every command it can and
/// says what is to be done for the first one it can't; the driver does it and reports back by the
/// method that the action names. Replies gather in the output buffer. Used by one task.
///
/// Not copyable: it is large, and each look at a part of it in its owner would copy it.
package struct SMTPServerSession: ~Copyable {
    /// What comes next on the connection.
    enum Phase {
        case commands
        /// An over-long line is being passed over.
        case skippingLine(SMTPReply)
        /// The client's turn in an exchange; `isFinal` when its success only waits for the empty
        /// answer to the server's last data (RFC 4954 section 4).
        case authenticating(isFinal: Bool)
        case message(MessageDataReader)
        case chunk(Chunk)
        case closing
    }

    /// The octets behind one BDAT.
    struct Chunk {
        let size: Int
        var remaining: Int
        let isLast: Bool
        /// Set when the chunk is to be read and dropped.
        var refusal: SMTPReply?
        /// All of the last chunk has been given on.
        var isFinished = false
    }

    /// What the driver was asked and has not answered.
    enum Question {
        case sender(MailCommand, DeliveryGrants)
        case recipient(RecipientCommand)
        case messageStart(Chunk?)
        case messageEnd
        case verification
        case queueStart
        case retrieval
        case authentication
        case tls
    }

    package let configuration: SMTPServerConfiguration
    /// SASL mechanisms that may be used now, the best first.
    package var mechanisms: [String]
    package internal(set) var isEncrypted: Bool
    package internal(set) var isAuthenticated = false
    /// EHLO's or HELO's argument; nil before it.
    package internal(set) var clientName: String?
    package internal(set) var isExtended = false
    package internal(set) var transaction: MailTransaction?

    /// Why the server ended the connection, for the log; nil while it has not.
    package internal(set) var endCause: String?

    var phase = Phase.commands
    var question: Question?
    var counts = SessionCounts()

    package init(
        _ configuration: SMTPServerConfiguration, isEncrypted: Bool, mechanisms: [String] = []
    ) {
        self.configuration = configuration
        self.isEncrypted = isEncrypted
        self.mechanisms = mechanisms
    }

    /// The client has said QUIT: it has asked for the end.
    package var hasQuit: Bool {
        if case .closing = phase { endCause == nil } else { false }
    }

    /// A message's octets come next, rather than a command.
    package var isReceivingMessage: Bool {
        switch phase {
        case .message, .chunk: true
        default: false
        }
    }

    /// The client is in the middle of a line that is too long.
    package var isSkippingLine: Bool {
        if case .skippingLine = phase { true } else { false }
    }

    /// Output beyond this is sent before more commands are read.
    private static let outputLimit = 8 << 10

    /// Reads on in `input`.
    package mutating func next(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPServerAction {
        while true {
            let action: SMTPServerAction?
            switch phase {
            case .closing: return .close
            case .commands: action = nextCommand(&input, &output)
            case .skippingLine(let reply): action = skipLine(reply, &input, &output)
            case .authenticating(let isFinal):
                action = nextResponse(isFinal, &input, &output)
            case .message: action = nextContent(&input, &output)
            case .chunk: action = nextChunkContent(&input, &output)
            }
            if let action { return action }
            if output.readableBytes > Self.outputLimit { return .flush }
        }
    }

    // MARK: - Beginning and end

    /// The greeting (RFC 5321 section 4.3.1).
    package mutating func greet(_ output: inout ByteBuffer) {
        output.writeStaticString("220 ")
        output.writeString(configuration.hostname)
        output.writeStaticString(" ESMTP Martlet\r\n")
    }

    /// The client did not wait for the greeting.
    package mutating func refuseEarlyTalker(_ output: inout ByteBuffer) {
        _ = disconnect(.talkedBeforeGreeting, &output)
    }

    /// The connection ends for a reason of ours or a deadline (RFC 5321 section 3.8).
    package mutating func end(_ reason: EndReason, _ output: inout ByteBuffer) {
        output.writeStaticString("421 ")
        output.writeStaticString(reason.status)
        output.writeString(configuration.hostname)
        output.writeStaticString(reason.text)
        endCause = "\(reason)"
        phase = .closing
    }

    /// The handshake is done: all that the client said before is forgotten (RFC 3207 section 4.2).
    package mutating func tlsStarted(mechanisms: [String]) {
        question = nil
        isEncrypted = true
        self.mechanisms = mechanisms
        clientName = nil
        isExtended = false
        transaction = nil
        phase = .commands
    }
}

/// Why the server ends a connection.
package enum EndReason: Sendable {
    case timeout, shuttingDown, tooManyErrors, tooManyTransactions, tooSlow, tooManyFailedLogins

    var status: StaticString {
        switch self {
        case .timeout, .tooSlow: "4.4.2 "
        case .shuttingDown: "4.3.2 "
        case .tooManyErrors, .tooManyTransactions, .tooManyFailedLogins: "4.7.0 "
        }
    }

    var text: StaticString {
        switch self {
        case .timeout: " Timeout, closing connection\r\n"
        case .tooSlow: " Too slow, closing connection\r\n"
        case .shuttingDown: " Service shutting down\r\n"
        case .tooManyErrors: " Too many errors, closing connection\r\n"
        case .tooManyTransactions: " Too many transactions on this connection\r\n"
        case .tooManyFailedLogins: " Too many failed logins, closing connection\r\n"
        }
    }
}

/// What the limits of a connection are compared with.
struct SessionCounts {
    var transactions = 0
    var failures = 0
    var probes = 0
}
