/// How users with another home server are let in there.
package struct ProxySettings: Sendable {
    package var imapPort: Int
    package var pop3Port: Int
    package var startsTLS: Bool
    package var verifies: Bool
    package var authorities: String?
    package var credentials: (user: String, password: String)?
    package var connectTimeout: Duration
    /// IMAP clients are told where to log in instead.
    package var refersIMAP: Bool

    init(_ section: ConfigurationSection) {
        startsTLS = section.bool("starttls") ?? false
        imapPort = section.integer("imap_port", 1...65535) ?? (startsTLS ? 143 : 993)
        pop3Port = section.integer("pop3_port", 1...65535) ?? (startsTLS ? 110 : 995)
        verifies = section.choice("tls", ["verify": true, "encrypt": false]) ?? true
        authorities = section.path("authorities")
        if section.has("user") {
            credentials = (
                section.requiredString("user", "the name to log in with"), section.secret("password")
            )
        }
        connectTimeout =
            section.duration("connect_timeout", .seconds(1) ... .seconds(120)) ?? .seconds(10)
        refersIMAP = section.choice("imap", ["proxy": false, "referral": true]) ?? false
        section.finish()
    }
}
