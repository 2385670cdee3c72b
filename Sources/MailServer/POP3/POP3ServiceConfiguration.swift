package import POP3

/// What all POP3 listeners have in common.
package struct POP3ServiceConfiguration: Sendable {
    package var session: POP3SessionConfiguration
    /// Without a complete command for this long, a session ends and deletes nothing. RFC 1939
    /// section 3 wants ten minutes at least.
    package var idleTimeout: Duration
    /// From the connection to the login, whatever the client does meanwhile.
    package var loginTimeout: Duration
    /// Of the handshake behind STLS.
    package var handshakeTimeout: Duration

    package init(
        session: POP3SessionConfiguration, idleTimeout: Duration = .seconds(600),
        loginTimeout: Duration = .seconds(180), handshakeTimeout: Duration = .seconds(30)
    ) {
        self.session = session
        self.idleTimeout = idleTimeout
        self.loginTimeout = loginTimeout
        self.handshakeTimeout = handshakeTimeout
    }
}
