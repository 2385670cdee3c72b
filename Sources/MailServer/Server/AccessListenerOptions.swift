package import Transport

/// What one listener offers where users reach their mail: IMAP or POP3.
package struct AccessListenerOptions: Sendable {
    /// For the log.
    package var name: String
    /// For STARTTLS and STLS; nil where TLS comes first, or not at all.
    package var startTLS: TLSServerContext?
    /// Passwords may cross it in clear, by the administrator's word.
    package var loginWithoutTLS: Bool

    package init(name: String, startTLS: TLSServerContext?, loginWithoutTLS: Bool = false) {
        self.name = name
        self.startTLS = startTLS
        self.loginWithoutTLS = loginWithoutTLS
    }
}
