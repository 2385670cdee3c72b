package import IMAP

/// What all IMAP listeners have in common.
package struct IMAPServiceConfiguration: Sendable {
    package var hostName: String
    package var commandLimits: CommandLimits
    /// Octets of an appended message.
    package var maximumMessageSize: Int
    /// Without a complete command for this long, a session ends. RFC 9051 section 5.4 wants 30
    /// minutes at least.
    package var idleTimeout: Duration
    /// From the connection to the login, whatever the client does meanwhile.
    package var loginTimeout: Duration
    /// Of the handshake behind STARTTLS.
    package var handshakeTimeout: Duration
    /// How often an idling client hears something, so that address translators keep the
    /// connection and one that is gone is noticed.
    package var keepAlive: Duration
    /// How long IDLE may last without DONE. Clients are to renew it after 29 minutes (RFC 2177), and
    /// many do not.
    package var maximumIdle: Duration
    /// Commands in a row that are none, or names of nobody for access lists, however many commands
    /// are between; afterwards the session ends.
    package var maximumBadCommands: Int
    /// Sessions of one account at the same time.
    package var maximumSessionsPerAccount: Int
    /// How often the accounts of open sessions are looked up.
    package var accountCheckInterval: Duration

    package init(
        hostName: String, maximumMessageSize: Int = 50 << 20,
        idleTimeout: Duration = .seconds(1800), loginTimeout: Duration = .seconds(180),
        handshakeTimeout: Duration = .seconds(30), keepAlive: Duration = .seconds(120),
        maximumIdle: Duration = .seconds(86_400), maximumBadCommands: Int = 20,
        maximumSessionsPerAccount: Int = 128, accountCheckInterval: Duration = .seconds(45)
    ) {
        self.hostName = hostName
        commandLimits = CommandLimits()
        commandLimits.maximumAppend = UInt64(maximumMessageSize)
        self.maximumMessageSize = maximumMessageSize
        self.idleTimeout = idleTimeout
        self.loginTimeout = loginTimeout
        self.handshakeTimeout = handshakeTimeout
        self.keepAlive = keepAlive
        self.maximumIdle = maximumIdle
        self.maximumBadCommands = maximumBadCommands
        self.maximumSessionsPerAccount = maximumSessionsPerAccount
        self.accountCheckInterval = accountCheckInterval
    }
}
