package import MailModel

/// How mail leaves for other hosts.
package struct OutboundConfiguration: Sendable {
    /// Our name in EHLO.
    package var hostName: String
    /// Where MX hosts listen.
    package var port: UInt16 = 25
    /// Next hops for domains that the directory does not have, by domain.
    package var routes: [String: [NextHop]] = [:]
    /// Takes the mail to all others; none: their MX hosts do.
    package var relayHosts: [NextHop] = []
    /// For destinations without a level of their own.
    package var tls = TLSLevel.automatic
    /// By the address's domain, or the name of a next hop.
    package var tlsLevels: [String: TLSLevel] = [:]
    /// By the name of the next hop.
    package var credentials: [String: OutboundCredentials] = [:]
    /// Addresses to connect from, one of each family at most.
    package var sources: [String] = []
    package var usesIPv4 = true
    package var usesIPv6 = true
    /// For one address.
    package var connectTimeout = Duration.seconds(30)
    /// For a TLS handshake, from the reply to STARTTLS on.
    package var handshakeTimeout = Duration.seconds(300)
    /// A host that takes longer to connect and greet gives its place to others.
    package var patience = Duration.seconds(1)
    /// How long a host that may have a message can still answer when the server stops.
    package var shutdownGrace = Duration.seconds(10)
    /// Addresses that are tried for one message in one attempt.
    package var maximumAddresses = 5
    package var maximumMessagesPerSession = 100
    /// How long a session without work stays open for the next message.
    package var idleLifetime = Duration.seconds(3)
    /// How long a host that failed is left alone.
    package var failureLifetime = Duration.seconds(300)

    package init(hostName: String) { self.hostName = hostName }

    /// The address to connect from.
    func source(for address: String) -> String? {
        let isIPv6 = IPAddress.isIPv6(address)
        return sources.first { IPAddress.isIPv6($0) == isIPv6 }
    }

    /// Whether a host gets a password of ours that is not for everybody's ears.
    func givesPassword(to host: String) -> Bool {
        credentials[host].map { !$0.allowsClear } ?? false
    }

    func level(for domain: String, hop: NextHop?) -> TLSLevel? {
        tlsLevels[domain] ?? hop.flatMap { tlsLevels[$0.host] }
    }
}

/// For hosts that want to know who we are.
package struct OutboundCredentials: Sendable {
    package var user: String
    /// Nil: the client certificate says it (SASL EXTERNAL).
    package var password: String?
    /// Without TLS too.
    package var allowsClear: Bool

    package init(user: String, password: String?, allowsClear: Bool = false) {
        self.user = user
        self.password = password
        self.allowsClear = allowsClear
    }
}

/// How much TLS a destination must have.
package enum TLSLevel: String, Sendable, CaseIterable {
    /// What the destination has published (DANE, MTA-STS), else as `may`.
    case automatic = "auto"
    /// TLS where it is offered, with whoever answers (RFC 7435).
    case may
    /// TLS, with whoever answers.
    case encrypt
    /// TLS, with a certificate of a known authority for the host.
    case verify
    /// TLS, with a certificate that TLSA records name (RFC 7672).
    case dane
    /// TLS, as the domain's policy says (RFC 8461); it must have one.
    case mtaSTS = "mta-sts"
}
