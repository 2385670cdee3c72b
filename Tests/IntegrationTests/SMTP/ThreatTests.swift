import Testing
import TestSupport

/// Attacks of public record, each with what must come of it.
@Suite(.ownThreads) struct SMTPThreatTests {
    static let ends = [
        #"\n.\n"#, #"\n.\r\n"#, #"\r.\n"#, #"\r.\r"#, #"\r.\r\n"#, #"\r\n.\n"#, #"\r\n.\r"#,
        #"\r\n\0.\r\n"#, #"\r\n.\0\r\n"#, #"\r\r\n.\r\r\n"#, #"\n\n.\r\n"#, #"\r\n\r.\r\n"#,
    ]
    static let secondMessage = #"MAIL FROM:<evil@elsewhere.example>\r\nRCPT TO:<grace@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"#

    /// CVE-2023-51764, 51765, 51766: only CRLF.CRLF ends a message.
    @Test(arguments: ends)
    func smuggling(_ end: String) throws {
        let server = try RunningMartlet.shared.get()
        let user = server.newUser()
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<\(user.address)>", "250")
        try client.expect("DATA", "354")
        try client.send(Talk.octets(#"Subject: first\r\n\r\nbody"# + end + Self.secondMessage))
        #expect(try client.reply().hasPrefix("550 5.6."))
        // All of it was the message: the next reply is that to this command.
        try client.expect("VRFY x", "252")
        try server.deliver(to: [user.address], "Subject: honest\r\n\r\n")
        let messages = try server.messages(of: user)
        #expect(messages.count == 1 && messages[0].contains("Subject: honest"))
    }

    /// The same in segments of one octet around the end.
    @Test func smugglingOctetByOctet() throws {
        let server = try RunningMartlet.shared.get()
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<grace@example.net>", "250")
        try client.expect("DATA", "354")
        for octet in Talk.octets(#"a\r\nb\r\n.\nc\r.\r\n..\r\n.\rd\r\n.\r\n"#) { try client.send([octet]) }
        #expect(try client.reply().hasPrefix("550 5.6.11"))
        try client.expect("VRFY x", "252")
    }

    @Test(arguments: ends)
    func smugglingWhereLineEndsAreNormalised(_ end: String) throws {
        let server = try LenientServer.shared.get()
        let user = server.newUser()
        let client = try LineClient(port: server.port("lenient"))
        #expect(try client.reply().hasPrefix("220"))
        try client.expect("EHLO client.example", "250")
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<\(user.address)>", "250")
        try client.expect("DATA", "354")
        try client.send(Talk.octets(#"Subject: first\r\n\r\nbody"# + end + Self.secondMessage))
        let reply = try client.reply()
        try client.expect("VRFY x", "252")
        guard reply.hasPrefix("250") else {
            #expect(reply.hasPrefix("550 5.6."))
            return
        }
        let messages = try server.messages(of: user)
        #expect(messages.count == 1)
        #expect(messages[0].contains("Subject: smuggled"), "as part of the body")
    }

    @Test func earlyTalker() throws {
        let client = try Self.early(LenientServer.shared.get())
        #expect(try client.rest() == "554 5.5.0 Client must wait for the greeting\r\n")
    }

    /// A client that has spoken within the greeting's delay, on however slow a machine.
    private static func early(_ server: RunningMartlet) throws -> LineClient {
        while true {
            let start = ContinuousClock.now
            let client = try LineClient(port: server.port("mx"))
            try client.send("EHLO early.example\r\nMAIL FROM:<a@elsewhere.example>\r\n")
            if ContinuousClock.now - start < .milliseconds(900) { return client }
        }
    }

    @Test func messageBeforeTheReplyToDATA() throws {
        let server = try RunningMartlet.shared.get()
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<grace@example.net>", "250")
        try client.send("DATA\r\nSubject: early\r\n\r\n.\r\n")
        let rest = try client.rest()
        #expect(rest.hasPrefix("503 5.5.1") && !rest.contains("354") && !rest.contains("250"))
    }

    /// CVE-2011-0411: what a man in the middle puts behind STARTTLS, split anywhere.
    @Test(arguments: ["mx", "submission"], [0, 1, 4, 8, 9, 10, 11, 14, 16])
    func startTLSInjection(_ listener: String, _ split: Int) throws {
        let client = try LineClient(port: try RunningMartlet.shared.get().port(listener))
        #expect(try client.reply().hasPrefix("220"))
        try client.expect("EHLO client.example", "250")
        let octets = Array("STARTTLS\r\nNOOP\r\nRSET\r\n".utf8)
        try client.send(Array(octets[..<split]))
        // It may have closed the connection already.
        try? client.send(Array(octets[split...]))
        let rest = try client.rest()
        #expect(rest.hasPrefix("220 2.0.0") || rest.hasPrefix("503 5.5.1"))
        #expect(!rest.contains("250"), "nothing in clear is obeyed after STARTTLS")
    }

    /// Every failure looks alike, whoever is named and however.
    @Test(arguments: [
        "alice", "nobody", "bob)(description=*", "*", "al*", "\\", "alice\\", "(uid=alice)",
        "uid=alice,ou=people,ou=example.org,ou=mail,dc=example,dc=org", "../../etc/passwd",
        "alice@example.org)(|(uid=*", "dave", "nobody@elsewhere.example", "ALICE ", " ", "a\u{7f}",
    ])
    func injectedLogin(_ login: String) throws {
        let server = try RunningMartlet.shared.get()
        let client = try server.smtp(.submissions, source: Sources.next())
        let reply = try client.command("AUTH PLAIN \(LineClient.plain(login, "wrong"))")
        #expect(reply == "535 5.7.8 Authentication credentials invalid" || reply.hasPrefix("501"))
        try client.expect("MAIL FROM:<alice@example.org>", "530")
        try client.expect("AUTH PLAIN \(LineClient.plain("alice", "alice-secret"))", "235")
    }

    /// CVE-2025-59028: one broken exchange is nobody else's trouble.
    @Test func enormousResponse() throws {
        let server = try RunningMartlet.shared.get()
        let broken = try server.smtp(.submissions, source: Sources.next())
        try broken.expect("AUTH PLAIN", "334")
        try broken.send(String(repeating: "A", count: 1 << 20))
        let other = try server.smtp(.submissions, source: Sources.next())
        try other.expect("AUTH PLAIN \(LineClient.plain("alice", "alice-secret"))", "235")
        try broken.expect("", "500 5.5.6")
        try broken.expect("AUTH PLAIN \(LineClient.plain("alice", "alice-secret"))", "235")
    }

    @Test func harvestIsSlowedDown() throws {
        let client = try RunningMartlet.shared.get().smtp(.mx, source: Sources.next())
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        for number in 1...10 { try client.expect("RCPT TO:<guess\(number)@example.org>", "550 5.1.1") }
        let started = ContinuousClock.now
        for number in 11...12 { try client.expect("RCPT TO:<guess\(number)@example.org>", "550 5.1.1") }
        #expect(ContinuousClock.now - started > .milliseconds(900))
    }

    @Test(arguments: [
        "XCLIENT ADDR=127.0.0.1 LOGIN=alice", "XFORWARD NAME=x", "PROXY TCP4 127.0.0.1 127.0.0.1 1 25",
        "GET / HTTP/1.1", "POST / HTTP/1.0", "CONNECT x:25 HTTP/1.1",
    ])
    func forgedPrivilege(_ line: String) throws {
        let server = try RunningMartlet.shared.get()
        let client = try LineClient(port: server.port("mx"))
        _ = try client.reply()
        let hello = try client.command("EHLO client.example")
        #expect(!hello.contains("XCLIENT") && !hello.contains("XFORWARD"))
        try client.send(line + "\r\nMAIL FROM:<a@elsewhere.example>\r\n")
        let rest = try client.rest()
        #expect(rest == "554 5.5.1 Command not allowed, closing connection\r\n")
    }

    @Test func aHundredReceivedLinesAreALoop() throws {
        let server = try RunningMartlet.shared.get()
        let trace = String(repeating: "Received: from a by b; Sun, 1 Jan 2023 00:00:00 +0000\r\n", count: 100)
        let stranger = try server.smtp(.mx)
        try stranger.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try stranger.expect("RCPT TO:<grace@example.net>", "250")
        try stranger.expect("DATA", "354")
        try stranger.expect(trace + "\r\n.", "554 5.4.6")
        let user = try server.smtp(.user)
        try user.expect("MAIL FROM:<alice@example.org>", "250")
        try user.expect("RCPT TO:<grace@example.net>", "250")
        try user.expect("DATA", "354")
        try user.expect(trace + "From: alice@example.org\r\n\r\n.", "554 5.4.6")
    }

    @Test func tooManyRecipients() throws {
        let server = try RunningMartlet.shared.get()
        let user = server.newUser()
        let name = user.address.prefix { $0 != "@" }
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        for batch in 0..<10 {
            let commands = (0..<100).map { "RCPT TO:<\(name)+\(batch)x\($0)@example.org>\r\n" }
            try client.send(commands.joined())
            for _ in commands { #expect(try client.reply().hasPrefix("250")) }
        }
        try client.expect("RCPT TO:<\(name)+last@example.org>", "452 4.5.3")
        try client.expect("DATA", "354")
        try client.expect("Subject: once\r\n\r\n.", "250 2.0.0")
        #expect(try server.messages(of: user).count == 1, "one mailbox, whatever the addresses")
    }

    @Test func tooLargeMessage() throws {
        let server = try RunningMartlet.shared.get()
        let client = try server.smtp(.mx)
        for parameters in ["", " BODY=BINARYMIME"] {
            try client.expect("MAIL FROM:<a@elsewhere.example>\(parameters)", "250")
            try client.expect("RCPT TO:<grace@example.net>", "250")
            let line = Array(String(repeating: "x", count: 998).utf8) + [13, 10]
            let block = Array(repeatElement(line, count: 1000).joined())
            if parameters.isEmpty {
                try client.expect("DATA", "354")
                for _ in 0..<21 { try client.send(block) }
                try client.expect(".", "552 5.3.4")
            } else {
                var refusals = 0
                for _ in 0..<21 {
                    try client.send(Array("BDAT \(block.count)\r\n".utf8) + block)
                    if try client.reply().hasPrefix("552 5.3.4") { refusals += 1 }
                }
                #expect(refusals == 1)
            }
        }
        try client.expect("NOOP", "250")
    }

    @Test func manyCommandsAndALongLine() throws {
        let client = try RunningMartlet.shared.get().smtp(.mx)
        for _ in 0..<20 {
            try client.send(String(repeating: "RSET\r\n", count: 5000))
            for _ in 0..<5000 where try client.line() != "250 2.0.0 OK" { Issue.record("RSET") }
        }
        try client.expect("NOOP " + String(repeating: "x", count: 1 << 20), "500 5.5.2")
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<grace@example.net>", "250")
        try client.expect("DATA", "354")
        try client.expect(String(repeating: "x", count: 1 << 20) + "\r\n.", "554 5.6.0")
        try client.expect("NOOP", "250")
    }

    @Test func failedCommandsEndTheSession() throws {
        let server = try LenientServer.shared.get()
        let client = try LineClient(port: server.port("submission"), source: Sources.next())
        _ = try client.reply()
        for _ in 1...9 { try client.expect("BAD", "500 5.5.1") }
        try client.expect("BAD", "500 5.5.1")
        #expect(try client.rest().hasPrefix("421 4.7.0"))
    }

    /// The exceptions that an administrator has named.
    @Test func relayNetworksAndLoginWithoutTLS() throws {
        let server = try LenientServer.shared.get()
        let trusted = try LineClient(port: server.port("relay"), source: "127.9.9.9")
        _ = try trusted.reply()
        try trusted.expect("EHLO copier.example", "250")
        try trusted.expect("MAIL FROM:<copier@elsewhere.example>", "250")
        try trusted.expect("RCPT TO:<someone@elsewhere.example>", "250")
        let stranger = try LineClient(port: server.port("relay"), source: "127.9.8.9")
        _ = try stranger.reply()
        try stranger.expect("EHLO client.example", "250")
        try stranger.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try stranger.expect("RCPT TO:<someone@elsewhere.example>", "550 5.7.1")
        let clear = try LineClient(port: server.port("clear"))
        _ = try clear.reply()
        try clear.expect("EHLO client.example", "250-*250-AUTH *PLAIN")
        try clear.expect("AUTH PLAIN \(LineClient.plain("alice", "alice-secret"))", "235")
        try clear.expect("MAIL FROM:<alice@example.org>", "250")
    }
}
