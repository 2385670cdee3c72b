/// How the client's side of a connection behaves.
package struct SMTPClientConfiguration: Sendable {
    package enum Flavour: Sendable {
        case smtp
        /// LHLO, and a final reply for each recipient (RFC 2033).
        case lmtp
    }

    package enum TLSPolicy: Sendable {
        case never
        /// STARTTLS where it is offered; in the clear where it is not or is refused (RFC 7435).
        case opportunistic
        /// Nothing but EHLO and STARTTLS goes out in the clear.
        case required
    }

    /// Our name in EHLO.
    package var hostname: String
    package var flavour: Flavour
    package var tls: TLSPolicy
    /// There are credentials for this peer, and without them no mail is given to it.
    package var authenticates: Bool
    /// Recipients of a transaction when the peer has not named its limit with LIMITS (RFC 9422).
    /// Each server must take a hundred (RFC 5321 section 4.5.3.1.8).
    package var recipients: Int

    package init(
        hostname: String, flavour: Flavour = .smtp, tls: TLSPolicy = .opportunistic,
        authenticates: Bool = false, recipients: Int = 100
    ) {
        self.hostname = hostname
        self.flavour = flavour
        self.tls = tls
        self.authenticates = authenticates
        self.recipients = recipients
    }
}
