package import Delivery
package import MailModel
internal import Transport

/// How mail leaves for other hosts.
package struct OutboundSettings: Sendable {
    /// Sessions with other hosts at one time, and with one destination.
    package var sessions: Int
    package var sessionsPerDestination: Int
    package var messagesPerSession: Int
    package var port: Int
    /// Where policy hosts (RFC 8461) listen.
    package var policyPort: Int
    package var routes: [String: [NextHop]]
    package var relayHosts: [NextHop]
    package var tls: TLSLevel
    package var tlsLevels: [String: TLSLevel]
    package var authorities: String?
    package var clientCertificate: TLSSettings.Certificate?
    package var credentials: [String: OutboundCredentials]
    package var sources: [String]
    package var families: (ipv4: Bool, ipv6: Bool)
    package var connectTimeout: Duration
    package var handshakeTimeout: Duration
    package var failureMemory: Duration
    /// Turns that a virtual host has in a round of the queue.
    package var weights: [String: Int]

    init(_ section: ConfigurationSection) {
        sessions = section.integer("sessions", 1...10_000) ?? 30
        sessionsPerDestination = section.integer("sessions_per_destination", 1...1000) ?? 20
        messagesPerSession = section.integer("messages_per_session", 1...100_000) ?? 100
        port = section.integer("port", 1...65535) ?? 25
        policyPort = section.integer("policy_port", 1...65535) ?? 443
        relayHosts = Self.hops(section, "relay_hosts")
        let routes = section.section("routes")
        self.routes = routes.keys.reduce(into: [:]) { $0[$1.lowercased()] = Self.hops(routes, $1) }
        tls = Self.level(section, "tls") ?? .automatic
        let levels = section.section("tls_policies")
        tlsLevels = levels.keys.reduce(into: [:]) { $0[$1.lowercased()] = Self.level(levels, $1) }
        authorities = section.path("authorities")
        clientCertificate = section.sections("client_certificate").first.map { entry in
            let chain = entry.requiredString("chain", "a PEM file: the certificate, then its chain")
            let key = entry.string("key") ?? chain
            entry.finish()
            return .init(chain: entry.absolute(chain), key: entry.absolute(key))
        }
        let credentials = section.section("credentials")
        self.credentials = credentials.keys.reduce(into: [:]) {
            $0[$1.lowercased()] = Self.credentials(credentials.section($1))
        }
        sources = section.strings("source_addresses") ?? []
        families =
            section.choice(
                "address_families",
                ["both": (true, true), "ipv4": (true, false), "ipv6": (false, true)])
            ?? (true, true)
        connectTimeout =
            section.duration("connect_timeout", .seconds(1) ... .seconds(300)) ?? .seconds(30)
        handshakeTimeout =
            section.duration("handshake_timeout", .seconds(1) ... .seconds(300)) ?? .seconds(300)
        failureMemory =
            section.duration("failure_memory", .seconds(1) ... .seconds(86400)) ?? .seconds(300)
        let weights = section.section("weights")
        self.weights = weights.keys.reduce(into: [:]) {
            $0[$1.lowercased()] = weights.integer($1, 1...100)
        }
        section.finish()
    }

    private static func hops(_ section: ConfigurationSection, _ key: String) -> [NextHop] {
        (section.strings(key) ?? []).compactMap { text in
            let hop = NextHop(text)
            if hop == nil {
                section.problem(
                    key, value: text,
                    "expected HOST, HOST:PORT, [IPV6]:PORT or lmtp:HOST, as in relay.example.org:587")
            }
            return hop
        }
    }

    private static func level(_ section: ConfigurationSection, _ key: String) -> TLSLevel? {
        section.choice(
            key,
            [
                "auto": TLSLevel.automatic, "may": .may, "encrypt": .encrypt, "verify": .verify,
                "dane": .dane, "mta-sts": .mtaSTS,
            ])
    }

    private static func credentials(_ section: ConfigurationSection) -> OutboundCredentials {
        defer { section.finish() }
        return OutboundCredentials(
            user: section.requiredString("user", "the name to log in with"),
            // Without one the client certificate has to do.
            password: section.has("password") || section.has("password_file")
                ? section.secret("password") : nil,
            allowsClear: section.bool("allow_clear") ?? false)
    }
}
