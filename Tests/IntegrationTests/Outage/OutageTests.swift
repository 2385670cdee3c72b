import Glibc
import Testing
import TestSupport

/// What clients see while the directory is paused, stopped or empty: an address that exists is never
/// refused for good, and service comes back by itself.
@Suite(.ownThreads) struct OutageTests {
    enum Kind: String, Sendable, CaseIterable { case paused, stopped }

    @Test(arguments: Kind.allCases) func outage(_ kind: Kind) throws {
        let server = try RunningMartlet(Self.options(timeout: "3s"))
        let (known, unknown) = (server.newUser(), server.newUser())
        try server.deliver(to: [known.address], "Subject: before\r\n\r\n")
        _ = try server.messages(of: known)
        switch kind {
        case .paused: server.slapd.pause()
        case .stopped: server.slapd.stop()
        }

        // A session that begins in the outage, and one for each kind of login.
        let client = try server.smtp(.mx)
        var accepted = 0
        for _ in 1...3 {
            try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
            let reply = try client.command("RCPT TO:<\(known.address)>")
            #expect(reply.hasPrefix("250") || reply.hasPrefix("451 4.4.3"), "\(reply)")
            if reply.hasPrefix("250") {
                try client.expect("DATA", "354")
                try client.expect("Subject: during\r\n\r\n.", "250")
                accepted += 1
            } else {
                try client.expect("RSET", "250")
            }
        }
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<\(unknown.address)>", "451 4.4.3")
        try client.expect("RCPT TO:<nobody@example.org>", "451 4.4.3")
        try client.expect("RCPT TO:<someone@elsewhere.example>", "451 4.4.3")
        try client.expect("NOOP", "250")
        let login = try server.smtp(.submissions, source: Sources.next())
        try login.expect("AUTH PLAIN \(LineClient.plain(unknown.address, unknown.password))", "454 4.7.0")
        try login.expect("AUTH PLAIN \(LineClient.plain("nobody", "wrong"))", "454 4.7.0")
        let drop = try LineClient(port: server.port("pop3s"), source: Sources.next())
        try drop.startTLS()
        _ = try drop.line()
        try drop.ask("USER \(unknown.address)", "+OK")
        try drop.ask("PASS \(unknown.password)", "-ERR [SYS/TEMP]")
        #expect(try server.martlet("explain", known.address).status == 75)
        let export = try server.martlet("export", "--account", unknown.address, server.path + "/export")
        #expect(export.status == 75 && export.output.contains("account “\(unknown.address)”: its directory"), "\(export)")
        #expect(try server.martlet("check").status == 1)

        switch kind {
        case .paused: server.slapd.resume()
        case .stopped: try server.slapd.start()
        }
        // The same sessions go on, and the same process.
        #expect(try eventually { try client.command("RCPT TO:<\(unknown.address)>").hasPrefix("250") })
        try client.expect("DATA", "354")
        try client.expect("Subject: after\r\n\r\n.", "250")
        #expect(try server.messages(of: unknown)[0].contains("Subject: after"))
        try server.deliver(to: [known.address], "Subject: after\r\n\r\n")
        let messages = try server.messages(of: known, count: accepted + 2)
        #expect(messages.count == accepted + 2)
        #expect(!messages.contains { $0[0] == "Return-Path: <>" }, "nothing bounced")
        #expect(try eventually { try server.queue().isEmpty })
    }

    @Test func emptied() throws {
        let server = try RunningMartlet(Self.options())
        let (known, unknown) = (server.newUser(), server.newUser())
        try server.deliver(to: [known.address], "Subject: before\r\n\r\n")
        _ = try server.messages(of: known)
        try server.slapd.empty()
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        // Long enough for everything remembered to have expired.
        for _ in 1...15 {
            for user in [known, unknown] {
                let reply = try client.command("RCPT TO:<\(user.address)>")
                #expect(reply.hasPrefix("250") || reply.hasPrefix("4"), "\(reply)")
            }
            usleep(100_000)
        }
        try client.expect("RCPT TO:<\(unknown.address)>", "4")
        let login = try server.smtp(.submissions, source: Sources.next())
        try login.expect("AUTH PLAIN \(LineClient.plain(unknown.address, unknown.password))", "454 4.7.0")
    }

    /// SCRAM is on offer until the directory has said that nobody can have secrets for it, which is not
    /// forgotten when it goes away.
    @Test func scramIsNotOfferedWithoutItsSchema() throws {
        let root = try SampleUsers.repository()
        var options = SlapdOptions(
            ldif: try ["00-base", "stock-only"].map { try TextFile.read("\(root)/ldif/\($0).ldif") + "\n\n" }.joined())
        options.addsBase = false
        options.hasOwnSchema = false
        let slapd = try PrivateSlapd(options)
        slapd.stop()
        let server = try RunningMartlet(Self.options(timeout: "3s"), slapd: slapd)
        defer { slapd.stop() }
        #expect(try Self.offersScram(server) == [true, true, true])
        try slapd.start()
        server.signal(SIGHUP)
        #expect(try eventually { try Self.offersScram(server) == [false, false, false] })
        slapd.stop()
        server.signal(SIGHUP)
        #expect(try eventually { try server.log().ranges(of: "reloaded").count == 2 })
        #expect(try Self.offersScram(server) == [false, false, false])
    }

    /// By SMTP, POP3 and IMAP.
    private static func offersScram(_ server: RunningMartlet) throws -> [Bool] {
        let smtp = try server.smtp(.submissions, source: Sources.next())
        let pop3 = try LineClient(port: server.port("pop3s"), source: Sources.next())
        try pop3.startTLS()
        _ = try pop3.line()
        try pop3.ask("CAPA", "+OK")
        let imap = try LineClient(port: server.port("imaps"), source: Sources.next())
        try imap.startTLS()
        return [
            try smtp.command("EHLO client.example"), try pop3.multiline().joined(), try imap.line() ?? "",
        ].map { $0.contains("SCRAM-SHA-256") }
    }

    /// Neither an empty password nor a repeated wrong one reaches the directory as a bind.
    @Test func fewBinds() throws {
        let server = try RunningMartlet(Self.options())
        let user = server.newUser()
        let source = Sources.next()
        let before = try server.slapd.operationCount("Bind")
        for _ in 1...3 {
            let client = try server.smtp(.submissions, source: source)
            try client.expect("AUTH PLAIN \(LineClient.plain(user.address, ""))", "5")
        }
        #expect(try server.slapd.operationCount("Bind") == before)
        for _ in 1...3 {
            let client = try server.smtp(.submissions, source: source)
            try client.expect("AUTH PLAIN \(LineClient.plain(user.address, "stale"))", "535 5.7.8")
        }
        let pop3 = try LineClient(port: server.port("pop3s"), source: source)
        try pop3.startTLS()
        _ = try pop3.line()
        try pop3.ask("USER \(user.address)", "+OK")
        try pop3.ask("PASS stale", "-ERR [AUTH]")
        #expect(try server.slapd.operationCount("Bind") <= before + 2, "one wrong password, one bind")
        let other = try server.smtp(.user, as: user, source: Sources.next())
        try other.expect("MAIL FROM:<\(user.address)>", "250")
    }

    /// - Parameter timeout: how long a directory that says nothing is waited for.
    private static func options(timeout: String = "20s") -> RunningMartlet.Options {
        RunningMartlet.Options(
            sections: """
                authentication: {maximum_delay: 5ms}
                queue: {first_local_delay: 1s}
                """,
            cache: "{positive: 500ms, negative: 500ms, stale: 10m}", timeout: timeout)
    }
}
