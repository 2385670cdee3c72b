/// How logins go to the home servers of users.
package struct LoginProxyConfiguration: Sendable {
    package struct Place: Sendable {
        package var port: UInt16
        /// STARTTLS or STLS; else TLS from the start.
        package var startsTLS: Bool

        package init(port: UInt16, startsTLS: Bool = false) {
            self.port = port
            self.startsTLS = startsTLS
        }
    }

    package var imap = Place(port: 993)
    package var pop3 = Place(port: 995)
    /// The home server must prove that it has the name of the user's entry. If not, whoever answers
    /// gets the password.
    package var verifies = true
    /// May act as any user there. Without it the user's own password is passed on.
    package var credentials: (user: String, password: String)?
    /// For one address, and again for the login.
    package var connectTimeout = Duration.seconds(10)
    /// IMAP clients are told where to log in instead (RFC 2221).
    package var refersIMAP = false

    package init() {}
}
