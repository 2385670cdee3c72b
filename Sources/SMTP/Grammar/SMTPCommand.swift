package import MailModel

/// A command as the client sent it, its arguments decoded.
package enum SMTPCommand: Sendable, Equatable {
    case helo(String)
    case ehlo(String)
    case mail(MailCommand)
    case rcpt(RecipientCommand)
    case data
    case bdat(size: Int, isLast: Bool)
    /// BDAT whose size can be read, and nothing else behind the verb: so many octets follow.
    case malformedChunk(size: Int)
    case rset
    case noop
    case vrfy(String)
    case expn(String)
    case help
    case quit
    case startTLS
    /// The initial response is still in base64; `=` is an empty one (RFC 4954 section 4).
    case auth(mechanism: String, initialResponse: String?)
    case etrn(QueueNode)
    /// Each domain once, in lower case; empty when the client names none.
    case atrn([String])

    package var verb: SMTPVerb {
        switch self {
        case .helo: .helo
        case .ehlo: .ehlo
        case .mail: .mail
        case .rcpt: .rcpt
        case .data: .data
        case .bdat, .malformedChunk: .bdat
        case .rset: .rset
        case .noop: .noop
        case .vrfy: .vrfy
        case .expn: .expn
        case .help: .help
        case .quit: .quit
        case .startTLS: .startTLS
        case .auth: .auth
        case .etrn: .etrn
        case .atrn: .atrn
        }
    }
}

/// MAIL with its parameters.
package struct MailCommand: Sendable, Equatable {
    package var reversePath: ReversePath
    /// SIZE= (RFC 1870); nil when the client did not say.
    package var size: Int?
    package var body: BodyType?
    package var smtpUTF8 = false
    package var returnContent: ReturnContent?
    package var envelopeID: String?
    package var submitter: Submitter?
    package var hold: FutureRelease?
    package var deliverBy: DeliverByRequest?
    /// MT-PRIORITY=, -9 to 9 (RFC 6710).
    package var priority: Int8?
    /// REQUIRETLS (RFC 8689).
    package var requiresTLS = false

    package init(reversePath: ReversePath) { self.reversePath = reversePath }
}

/// AUTH= of MAIL: who first submitted the message (RFC 4954 section 5).
package enum Submitter: Sendable, Equatable {
    case unknown
    case address(EmailAddress)
}

/// RCPT with its parameters.
package struct RecipientCommand: Sendable, Equatable {
    package var path: ForwardPath
    package var notify: DeliveryNotify?
    package var originalRecipient: OriginalRecipient?

    package init(path: ForwardPath) { self.path = path }
}

/// `<Postmaster>` is the one recipient without a domain (RFC 5321 section 4.5.1).
package enum ForwardPath: Sendable, Equatable {
    case postmaster
    case address(EmailAddress)
}
