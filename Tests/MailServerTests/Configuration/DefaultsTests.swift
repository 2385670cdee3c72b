import Directory
import MailServer
import Testing
import TestSupport

struct DefaultsTests {
    @Test func leastFile() throws {
        let configuration = try ConfigurationText.parse("")
        #expect(configuration.hostName == "mail.example.org")
        #expect(configuration.stateDirectory == "/etc/martlet/state", "relative to the file")
        #expect(configuration.tls.certificates[0].chain == "/etc/martlet/tls/chain.pem")
        #expect(configuration.tls.certificates[0].key == "/keys/key.pem")
        #expect(!configuration.tls.minimumIsTLS13 && configuration.tls.clientAuthorities == nil)
        #expect(configuration.listeners.map(\.name) == ["mx", "pop3s"])
        let mx = configuration.listeners[0]
        #expect(mx.service == .mx && mx.port == 25 && !mx.implicitTLS)
        #expect(mx.addresses == ["0.0.0.0", "::"])
        #expect(mx.relayNetworks.isEmpty && !mx.loginWithoutTLS, "no exceptions by default")
        let pop3s = configuration.listeners[1]
        #expect(pop3s.service == .pop3 && pop3s.port == 995 && pop3s.implicitTLS)
        #expect(configuration.directory.connection.uris == ["ldap://ldap.example.org"])
        #expect(configuration.directory.connection.security == .required)
        #expect(configuration.directory.connection.verifiesCertificate)
        #expect(configuration.limits.sessionsPerService == 256)
        #expect(configuration.eventLoops == nil)
        #expect(configuration.smtp.maximumMessageSize == 50 << 20)
        #expect(!configuration.smtp.normalisesLineEnds)
        #expect(configuration.smtp.maximumHold == .seconds(7 * 86400))
        #expect(configuration.queue.expiry == .seconds(5 * 86400))
    }

    @Test func imapAllowsWhatOthersAllow() throws {
        let most = try ConfigurationText.parse("limits: {sessions: 20000, sessions_per_address: 5000}").imap
        #expect(most.sessions == 20_000 && most.sessionsPerAddress == 5000)
        let least = try ConfigurationText.parse("limits: {sessions: 9, sessions_per_address: 9}").imap
        #expect(least.sessions == 10_000 && least.sessionsPerAddress == 1000)
        let own = try ConfigurationText.parse(
            "limits: {sessions: 20000, sessions_per_address: 5000}\nimap: {sessions: 7, sessions_per_address: 8}")
        #expect(own.imap.sessions == 7 && own.imap.sessionsPerAddress == 8)
    }

    @Test func proxy() throws {
        #expect(try ConfigurationText.parse("").proxy == nil)
        let least = try #require(try ConfigurationText.parse("proxy: {}").proxy)
        #expect(least.imapPort == 993 && least.pop3Port == 995 && !least.startsTLS)
        #expect(least.verifies && least.credentials == nil && !least.refersIMAP)
        let text = "proxy: {starttls: true, tls: encrypt, user: p, password: s, imap: referral}"
        let other = try #require(try ConfigurationText.parse(text).proxy)
        #expect(other.imapPort == 143 && other.pop3Port == 110 && !other.verifies)
        #expect(other.credentials?.user == "p" && other.credentials?.password == "s")
        #expect(other.refersIMAP)
    }

    @Test(arguments: [
        ("mx", ServiceKind.mx, 25, false), ("submission", .submission, 587, false),
        ("submissions", .submission, 465, true), ("odmr", .odmr, 366, false), ("pop3", .pop3, 110, false), ("pop3s", .pop3, 995, true),
        ("imap", .imap, 143, false), ("imaps", .imap, 993, true),
    ])
    func namesThatImplyEverything(
        _ name: String, _ service: ServiceKind, _ port: Int, _ implicitTLS: Bool
    ) throws {
        let text = ConfigurationText.least.replacing("  mx:\n  pop3s: {}\n", with: "  \(name):\n")
        let listener = try ServerConfiguration.parse(text, file: "x.yaml").listeners[0]
        #expect(listener.service == service && listener.port == port)
        #expect(listener.implicitTLS == implicitTLS)
    }

    /// The example that is installed: valid, and what it calls the default is the default.
    @Test func example() throws {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let example = try TextFile.read("/\(root)/packaging/martlet.yaml")
            .replacing("password_file: /etc/martlet/ldap.secret", with: "password: secret")
        let asItIs = try ServerConfiguration.parse(example, file: ConfigurationText.file)
        #expect(asItIs.listeners.map(\.name) == ["mx", "submission", "submissions", "pop3", "pop3s", "imap", "imaps"])
        let start = try #require(example.firstRange(of: "\n# authentication:"))
        let sections = example[start.lowerBound...].split(separator: "\n").map { line in
            line.hasPrefix("# ") ? line.dropFirst(2) : line
        }
        let written = try ServerConfiguration.parse(
            example[..<start.lowerBound] + "\n" + sections.joined(separator: "\n"),
            file: ConfigurationText.file)
        #expect("\(written.authentication)" == "\(asItIs.authentication)")
        #expect("\(written.limits)" == "\(asItIs.limits)")
        #expect("\(written.smtp)" == "\(asItIs.smtp)")
        #expect("\(written.pop3)" == "\(asItIs.pop3)")
        #expect("\(written.imap)" == "\(asItIs.imap)")
        let proxy = try #require(try ConfigurationText.parse("proxy: {}").proxy)
        let writtenProxy = try #require(written.proxy)
        #expect(asItIs.proxy == nil && "\(writtenProxy)" == "\(proxy)")
        #expect("\(written.queue)" == "\(asItIs.queue)")
        #expect("\(written.storage)" == "\(asItIs.storage)")
        #expect("\(written.log)" == "\(asItIs.log)")
        #expect("\(written.monitoring)" == "\(asItIs.monitoring)")
        #expect("\(written.history)" == "\(asItIs.history)")
    }
}
