/// Whom the server asks for MX hosts and addresses.
package struct DNSSettings: Sendable {
    /// `address` or `address@port`; empty: those of the system.
    package var servers: [String]
    package var validates: Bool
    package var trustAnchor: String?
    package var timeout: Duration

    init(_ section: ConfigurationSection) {
        servers = section.strings("servers") ?? []
        validates = section.bool("dnssec") ?? true
        trustAnchor = section.path("trust_anchor")
        timeout = section.duration("timeout", .seconds(1) ... .seconds(120)) ?? .seconds(10)
        section.finish()
    }
}
