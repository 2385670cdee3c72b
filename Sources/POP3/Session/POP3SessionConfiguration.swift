/// What a POP3 session may do.
package struct POP3SessionConfiguration: Sendable {
    /// In the greeting.
    package var hostName: String
    /// Commands that are unknown, malformed or out of place, before the session is ended.
    package var maximumBadCommands: Int
    /// Octets of an AUTH command, or of a response in its exchange, with the CRLF.
    package var maximumResponseLength: Int

    /// A command line with its CRLF (RFC 2449 section 4).
    package static let maximumLineLength = 255

    package init(
        hostName: String, maximumBadCommands: Int = 20, maximumResponseLength: Int = 16_384
    ) {
        self.hostName = hostName
        self.maximumBadCommands = maximumBadCommands
        self.maximumResponseLength = maximumResponseLength
    }
}

/// How a client may log in; not the same before and after STLS.
package struct LoginOffer: Sendable {
    /// USER and PASS: under TLS, or where the configuration allows them in clear.
    package var allowsPassword: Bool
    /// STLS: in clear, where there is a certificate.
    package var offersTLS: Bool
    /// SASL mechanisms in the order of preference; asked for only when a client wants to know.
    package var mechanisms: @Sendable () -> [String]

    package init(allowsPassword: Bool, offersTLS: Bool, mechanisms: @escaping @Sendable () -> [String]) {
        self.allowsPassword = allowsPassword
        self.offersTLS = offersTLS
        self.mechanisms = mechanisms
    }
}
