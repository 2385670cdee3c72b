/// Where the directory is, who the server is there, and how long it waits.
package struct DirectoryConnectionConfiguration: Sendable {
    /// How connections to `ldap://` URIs are protected. `ldaps://` always is TLS and `ldapi://`
    /// never is.
    package enum TransportSecurity: Hashable, Sendable {
        /// StartTLS, or no connection.
        case required
        /// In the clear; only when an administrator says so by name.
        case none
    }

    /// As whom the server searches and writes.
    package enum Credentials: Hashable, Sendable {
        case anonymous
        case simple(dn: String, password: [UInt8])
        /// SASL EXTERNAL: over `ldapi://` the process's own user and group.
        case external
        /// SASL SCRAM-SHA-256; the password itself is never sent. Of the passwords the first that the
        /// directory takes: forms of one, of which nobody knows which was stored.
        case scram(user: String, passwords: [[UInt8]])
    }

    /// In order of preference; `ldap://`, `ldaps://` or `ldapi://`. While a later one is in use,
    /// earlier ones are tried every `probeInterval`.
    package var uris: [String]
    package var security: TransportSecurity
    /// Certificates of the authorities to trust, PEM. The default is Debian's system store.
    package var authorities: String
    /// Whether the server's certificate must be valid and name its host.
    package var verifiesCertificate: Bool
    package var credentials: Credentials

    /// From the request to its answer, waiting included.
    package var operationTimeout: Duration
    /// For one server: TCP, TLS and the server's own bind together.
    package var connectTimeout: Duration
    package var probeInterval: Duration
    /// The wait between two rounds of attempts while no server answers grows from the first to
    /// the second.
    package var reconnectDelay: ClosedRange<Duration>

    /// Requests that wait or are outstanding; one more is `unavailable` at once.
    package var maximumRequests: Int
    /// Requests sent and not answered yet. slapd closes an anonymous connection with more than 100
    /// operations pending (`conn_max_pending`), and has 16 threads to work on them.
    package var maximumOutstanding: Int
    /// Octets of one search's entries; more are `unavailable` (truncated).
    package var maximumResultSize: Int
    /// Connections for password checks, opened when first needed, a thread each.
    package var bindConnections: Int
    /// Password checks that wait for one of them; one more is `unavailable` at once.
    package var maximumWaitingBinds: Int

    package init(
        uris: [String],
        security: TransportSecurity = .required,
        authorities: String = "/etc/ssl/certs/ca-certificates.crt",
        verifiesCertificate: Bool = true,
        credentials: Credentials = .anonymous,
        operationTimeout: Duration = .seconds(5),
        connectTimeout: Duration = .seconds(3),
        probeInterval: Duration = .seconds(30),
        reconnectDelay: ClosedRange<Duration> = .milliseconds(100) ... .seconds(5),
        maximumRequests: Int = 1000,
        maximumOutstanding: Int = 64,
        maximumResultSize: Int = 16 << 20,
        bindConnections: Int = 4,
        maximumWaitingBinds: Int = 256
    ) {
        self.uris = uris
        self.security = security
        self.authorities = authorities
        self.verifiesCertificate = verifiesCertificate
        self.credentials = credentials
        self.operationTimeout = operationTimeout
        self.connectTimeout = connectTimeout
        self.probeInterval = probeInterval
        self.reconnectDelay = reconnectDelay
        self.maximumRequests = maximumRequests
        self.maximumOutstanding = maximumOutstanding
        self.maximumResultSize = maximumResultSize
        self.bindConnections = bindConnections
        self.maximumWaitingBinds = maximumWaitingBinds
    }
}
