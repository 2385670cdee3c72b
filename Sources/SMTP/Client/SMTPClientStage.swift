/// What the client waits for.
package enum SMTPClientStage: Sendable, Hashable {
    case greeting, hello, startTLS, authentication
    case reset, mail, recipient, dataStart
    /// The reply to a chunk that is not the last, and each block of content to be sent.
    case content
    /// The reply to the whole message.
    case dataEnd
    /// Between transactions, of a reply that nobody asked for.
    case idle
    case quit

    /// The least that a client should wait (RFC 5321 section 4.5.3.2); where nothing depends
    /// on it, as long as it is worth.
    package var deadline: Duration {
        switch self {
        case .greeting, .hello, .startTLS, .authentication, .reset, .mail, .recipient:
            .seconds(5 * 60)
        case .dataStart: .seconds(2 * 60)
        case .content: .seconds(3 * 60)
        case .dataEnd: .seconds(10 * 60)
        case .idle, .quit: .seconds(5)
        }
    }
}

extension SMTPClientStage: CustomStringConvertible {
    /// Goes behind "in reply to" and "while waiting for the reply to".
    package var description: String {
        switch self {
        case .greeting: "the connection"
        case .hello: "EHLO"
        case .startTLS: "STARTTLS"
        case .authentication: "AUTH"
        case .reset: "RSET"
        case .mail: "MAIL FROM"
        case .recipient: "RCPT TO"
        case .dataStart: "DATA"
        case .content: "the message's content"
        case .dataEnd: "the end of the message"
        case .idle: "nothing"
        case .quit: "QUIT"
        }
    }
}
