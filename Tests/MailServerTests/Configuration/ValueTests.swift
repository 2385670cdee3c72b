import Directory
import MailModel
import MailServer
import Testing

/// Keys that are given, and what they set.
struct ValueTests {
    typealias Check = @Sendable (ServerConfiguration) -> Bool

    struct Row: Sendable, CustomTestStringConvertible {
        var text: String
        var check: Check
        var testDescription: String { text }

        init(_ text: String, _ check: @escaping Check) {
            self.text = text
            self.check = check
        }
    }

    @Test(arguments: [
        Row("limits: {sessions: 5}") { $0.limits.sessionsPerService == 5 },
        Row("limits: {sessions: 1_000}") { $0.limits.sessionsPerService == 1000 },
        Row("limits: {sessions_per_address: 7}") { $0.limits.sessionsPerAddress == 7 },
        Row("limits: {message_memory: 1G}") { $0.limits.messageMemory == 1 << 30 },
        Row("limits: {handshake_timeout: 5s}") { $0.limits.handshakeTimeout == .seconds(5) },
        Row("limits: {write_timeout: 2m}") { $0.limits.writeTimeout == .seconds(120) },
        Row("limits: {shutdown_grace: 0}") { $0.limits.shutdownGrace == .zero },
        Row("smtp: {maximum_message_size: 1048576}") { $0.smtp.maximumMessageSize == 1 << 20 },
        Row("smtp: {maximum_message_size: 512K}") { $0.smtp.maximumMessageSize == 512 << 10 },
        Row("smtp: {maximum_message_size: 20mb}") { $0.smtp.maximumMessageSize == 20 << 20 },
        Row("smtp: {maximum_message_size: 2GiB}") { $0.smtp.maximumMessageSize == 2 << 30 },
        Row("smtp: {maximum_recipients: 100}") { $0.smtp.maximumRecipients == 100 },
        Row("smtp: {bare_line_ends: normalise}") { $0.smtp.normalisesLineEnds },
        Row("smtp: {bare_line_ends: reject}") { !$0.smtp.normalisesLineEnds },
        Row("smtp: {maximum_hops: 10}") { $0.smtp.maximumHops == 10 },
        Row("smtp: {greet_delay: 250ms}") { $0.smtp.greetDelay == .milliseconds(250) },
        Row("smtp: {session_lifetime: 1d}") { $0.smtp.sessionLifetime == .seconds(86400) },
        Row("smtp: {minimum_data_rate: 0}") { $0.smtp.minimumDataRate == 0 },
        Row("pop3: {idle_timeout: 1h}") { $0.pop3.idleTimeout == .seconds(3600) },
        Row("queue: {expiry: 2d, delay_warning: 30m}") {
            $0.queue.expiry == .seconds(172_800) && $0.queue.delayWarning == .seconds(1800)
        },
        Row("outbound: {connect_timeout: 3s, handshake_timeout: 20s}") {
            $0.outbound.connectTimeout == .seconds(3) && $0.outbound.handshakeTimeout == .seconds(20)
        },
        Row("storage: {minimum_free: 1G}") { $0.storage.minimumFree == 1 << 30 },
        Row("authentication: {scram: false}") { !$0.authentication.offersSCRAM },
        Row("authentication: {failures_per_connection: 1, maximum_delay: 0s}") {
            $0.authentication.failuresPerConnection == 1 && $0.authentication.maximumDelay == .zero
        },
        Row("inquiry: {timeout: 20s, patience: 500ms, connect_timeout: 3s, failure_memory: 1m, idle_timeout: 0s}") {
            $0.inquiry.timeout == .seconds(20) && $0.inquiry.patience == .milliseconds(500)
                && $0.inquiry.connectTimeout == .seconds(3) && $0.inquiry.failureMemory == .seconds(60)
                && $0.inquiry.idleTimeout == .zero
        },
        Row("inquiry: {cache: {positive: 1h, negative: 0s, entries: 1000}}") {
            $0.inquiry.positive == .seconds(3600) && $0.inquiry.negative == .zero && $0.inquiry.entries == 1000
        },
        Row("user: nobody") { $0.user == "nobody" && $0.group == nil },
        Row("user: nobody\ngroup: root") { $0.group == "root" },
        Row("limits:") { $0.limits.sessionsPerService == 256 },
    ])
    func sections(_ row: Row) throws {
        #expect(row.check(try ConfigurationText.parse(row.text)))
    }

    @Test(arguments: [
        Row("a: {service: mx, port: 2525, address: 192.0.2.1}") {
            $0.listeners[2].addresses == ["192.0.2.1"] && $0.listeners[2].port == 2525
        },
        Row("a: {service: pop3, port: 0, tls: implicit}") { $0.listeners[2].implicitTLS },
        Row("a: {service: pop3, port: 1110, tls: starttls}") { !$0.listeners[2].implicitTLS },
        Row("submissions: {tls: starttls}") { !$0.listeners[2].implicitTLS },
        Row("a: {service: submission, port: 1, login_without_tls: yes}") { $0.listeners[2].loginWithoutTLS },
        Row("a: {service: submission, port: 1, any_sender: yes}") { $0.listeners[2].anySender },
        Row("a: {service: mx, port: 1, relay_networks: 10.0.0.0/8}") {
            $0.listeners[2].relayNetworks == [IPNetwork("10.0.0.0/8")!]
        },
        Row("a: {service: mx, port: 1, relay_networks: [10.1.2.3, \"2001:db8::/32\"]}") {
            $0.listeners[2].relayNetworks.count == 2
        },
    ])
    func listeners(_ row: Row) throws {
        let text = ConfigurationText.least.replacing("tls:\n", with: "  \(row.text)\ntls:\n")
        #expect(row.check(try ServerConfiguration.parse(text, file: "x.yaml")))
    }

    @Test(arguments: [
        Row("preset: martlet") { $0.directory.attributeMap.name == "martlet" },
        Row("start_tls: none") { $0.directory.connection.security == .none },
        Row("verify_certificate: false") { !$0.directory.connection.verifiesCertificate },
        Row("authorities: ca.pem") { $0.directory.connection.authorities == "/etc/martlet/ca.pem" },
        Row("timeout: 250ms") { $0.directory.connection.operationTimeout == .milliseconds(250) },
        Row("bind_connections: 8") { $0.directory.connection.bindConnections == 8 },
        Row("subaddress_separator: \"-\"") { $0.directory.subaddressSeparator == "-" },
        Row("subaddress_separator: none") { $0.directory.subaddressSeparator == nil },
        Row("postmaster: admin@example.org") { $0.directory.postmaster.map { "\($0)" } == "admin@example.org" },
        Row("cache: {positive: 1m, negative: 0, stale: 1h, entries: 10}") {
            $0.directory.cache == CacheLifetimes(
                positive: .seconds(60), negative: .zero, stale: .seconds(3600), capacity: 10)
        },
        Row("groups: {depth: 5, members: 99}") {
            $0.directory.maximumGroupDepth == 5 && $0.directory.maximumGroupMembers == 99
        },
        Row("attributes: {addresses: [mail, proxyAddress], user.quota: quotaBytes}") {
            $0.directory.attributeMap.addresses == ["mail", "proxyAddress"]
                && $0.directory.attributeMap.user.quota == "quotaBytes"
        },
    ])
    func directory(_ row: Row) throws {
        #expect(row.check(try ConfigurationText.parse("  " + row.text)))
    }

    @Test(arguments: [
        ("{method: anonymous}", DirectoryConnectionConfiguration.Credentials.anonymous),
        ("{method: external}", .external),
        ("{method: scram, user: martlet, password: s}", .scram(user: "martlet", passwords: [[115]])),
        // The prepared form first, then the one that was typed.
        (
            "{method: scram, user: \"ju\u{308}rgen\", password: \"\u{B2}\"}",
            .scram(user: "j\u{FC}rgen", passwords: [[0x32], [0xc2, 0xb2]])
        ),
        ("{dn: \"cn=x\", password: s}", .simple(dn: "cn=x", password: [115])),
    ])
    func bind(_ text: String, _ credentials: DirectoryConnectionConfiguration.Credentials) throws {
        let file = ConfigurationText.least.replacing(
            "{dn: \"cn=martlet,dc=example,dc=org\", password: secret}", with: text)
        let configuration = try ServerConfiguration.parse(file, file: "x.yaml")
        #expect(configuration.directory.connection.credentials == credentials)
    }
}
