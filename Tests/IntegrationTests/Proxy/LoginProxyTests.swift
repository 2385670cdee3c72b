import Glibc
import Testing
import TestSupport

/// Users whose mailboxes another server has, by way of the one that their clients know.
@Suite(.ownThreads) struct LoginProxyTests {
    private func python(_ script: String, _ arguments: [String]) throws -> Tool.Result {
        let authority = try Certificates.shared.get().authority.certificate
        return try Tool.run(["/usr/bin/python3", "-", authority] + arguments, input: script)
    }

    private func imap(_ server: RunningMartlet) throws -> LineClient {
        let client = try LineClient(port: server.port("imaps"))
        try client.startTLS()
        _ = try client.line()
        return client
    }

    @Test(arguments: [false, true])
    func clientsWorkAsIfAtHome(_ startsTLS: Bool) throws {
        let servers = try TwoServers(startsTLS: startsTLS)
        let user = try servers.newUser()
        let result = try python(
            Self.imaplib, ["\(servers.front.port("imaps"))", user.address, user.password])
        #expect(result.status == 0 && result.output.hasSuffix("done\n"), "\(result)")
        // It is all at home.
        let home = try imap(servers.back)
        try home.send("a LOGIN \(user.address) \(user.password)\r\nb STATUS INBOX (MESSAGES)\r\n")
        _ = try home.line()
        #expect(try home.line() == "* STATUS INBOX (MESSAGES 2)")
        let pop3 = try python(
            Self.poplib, ["\(servers.front.port("pop3s"))", user.address, user.password])
        #expect(pop3.status == 0 && pop3.output.hasSuffix("done\n"), "\(pop3)")
    }

    @Test func mailAndLoginsFindTheHomeServer() throws {
        let servers = try TwoServers()
        let user = try servers.newUser()
        try servers.front.deliver(to: [user.address], "Subject: far\r\n\r\nbody")
        let message = try servers.front.messages(of: user)
        #expect(message[0].contains("Subject: far"))
        #expect(message[0].contains { $0.contains("by mail.example.net") })
        let curl = try Tool.run([
            "/usr/bin/curl", "--silent", "--show-error", "--max-time", "30", "--cacert",
            try Certificates.shared.get().authority.certificate, "--connect-to",
            "mail.example.org::127.0.0.1:", "--user", "\(user.address):\(user.password)",
            "imaps://mail.example.org:\(servers.front.port("imaps"))/INBOX;MAILINDEX=1",
        ])
        #expect(curl.status == 0 && curl.output.contains("Subject: far"), "\(curl)")
    }

    @Test func pipelinedCommandsFollowTheLogin() throws {
        let servers = try TwoServers()
        let user = try servers.newUser()
        let client = try imap(servers.front)
        try client.send(
            "a LOGIN \(user.address) \(user.password)\r\nb SELECT INBOX\r\nc LOGOUT\r\n")
        client.halfClose()
        let lines = try client.rest().split(separator: "\r\n")
        #expect(lines.first?.hasPrefix("a OK [CAPABILITY IMAP4rev1") == true, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("b OK") })
        #expect(lines.last?.hasPrefix("c OK") == true)
    }

    @Test func aServerThatStopsSaysSo() throws {
        let servers = try TwoServers()
        let user = try servers.newUser()
        let (idling, quiet) = (try imap(servers.front), try imap(servers.front))
        for client in [idling, quiet] { try client.ask("a LOGIN \(user.address) \(user.password)", "a OK") }
        try idling.send("b SELECT INBOX\r\nc IDLE\r\n")
        while try idling.line()?.hasPrefix("+ ") != true {}
        let pop3 = try servers.front.pop3(user)
        servers.front.signal(SIGTERM)
        for client in [idling, quiet] { #expect(try client.rest().hasPrefix("* BYE [UNAVAILABLE] ")) }
        #expect(try pop3.rest().hasPrefix("-ERR [SYS/TEMP]"))
        #expect(servers.front.stop() == 0)
    }

    @Test func aHomeServerThatDiesEndsTheSession() throws {
        let servers = try TwoServers()
        let user = try servers.newUser()
        let client = try imap(servers.front)
        try client.ask("a LOGIN \(user.address) \(user.password)", "a OK")
        servers.back.kill9()
        #expect(try client.rest() == "")
        let next = try imap(servers.front)
        try next.ask("a LOGIN \(user.address) \(user.password)", "a NO [UNAVAILABLE]")
        let pop3 = try LineClient(port: servers.front.port("pop3s"))
        try pop3.startTLS()
        _ = try pop3.line()
        try pop3.ask("USER \(user.address)", "+OK")
        try pop3.ask("PASS \(user.password)", "-ERR [SYS/TEMP]")
        // Users who are at home here are none the worse.
        try next.ask("b LOGIN bob@example.org bob-secret", "b OK")
    }

    @Test func noPasswordGoesToAStranger() throws {
        let servers = try TwoServers(hasRightName: false)
        let user = try servers.newUser()
        try (try imap(servers.front)).ask(
            "a LOGIN \(user.address) \(user.password)", "a NO [UNAVAILABLE]")
        #expect(
            try eventually {
                try servers.front.log().contains("login at the home server failed")
            })
        #expect(try !servers.back.log().contains(user.address))
    }

    @Test func unlessTheConfigurationSaysSo() throws {
        let servers = try TwoServers(tls: "encrypt", hasRightName: false)
        let user = try servers.newUser()
        try (try imap(servers.front)).ask("a LOGIN \(user.address) \(user.password)", "a OK")
    }

    @Test func scramNeedsOurCredentials() throws {
        let carol = SampleUsers.carol
        func gsasl(_ servers: TwoServers) throws -> Tool.Result {
            try servers.moveHome(carol)
            return try Tool.run([
                "/usr/bin/gsasl", "--imap", "--connect=127.0.0.1:\(servers.front.port("imap"))",
                "--x509-ca-file=\(try Certificates.shared.get().authority.certificate)",
                "--mechanism=SCRAM-SHA-256", "--authentication-id=\(carol.address)",
                "--password=\(carol.password)", "--no-cb",
            ])
        }
        let servers = try TwoServers(.ofProxyUser)
        try servers.front.change(
            SampleUsers.bob, "add: martletMayActAs\nmartletMayActAs: \(SampleUsers.dn(carol))")
        let result = try gsasl(servers)
        #expect(result.output.contains("OK [CAPABILITY"), "\(result)")
        #expect(try eventually { try servers.back.log().contains("login=bob@example.org") })
        // Without them the client has to go there itself.
        let other = try gsasl(try TwoServers())
        #expect(other.output.contains("[REFERRAL imap://carol"), "\(other)")
    }

    @Test func refusedCredentialsAreToldAndLogged() throws {
        let servers = try TwoServers(.wrong)
        let user = try servers.newUser()
        try (try imap(servers.front)).ask(
            "a LOGIN \(user.address) \(user.password)", "a NO [AUTHENTICATIONFAILED]")
        let pop3 = try LineClient(port: servers.front.port("pop3s"))
        try pop3.startTLS()
        _ = try pop3.line()
        try pop3.ask("USER \(user.address)", "+OK")
        try pop3.ask("PASS \(user.password)", "-ERR [AUTH]")
        #expect(
            try eventually {
                try servers.front.log().contains("login at the home server failed")
            })
    }

    /// By another name or address, for one.
    @Test func neverToItself() throws {
        let port = Int(try Loopback.freePort())
        var options = RunningMartlet.Options()
        options.moreListeners =
            "  itself: {service: imap, address: 127.0.0.1, port: \(port), tls: implicit}"
        options.sections = "proxy: {imap_port: \(port), tls: encrypt}"
        let server = try RunningMartlet(options)
        let user = server.newUser()
        try server.change(user, "add: mailHost\nmailHost: 127.0.0.1")
        try (try imap(server)).ask(
            "a LOGIN \(user.address) \(user.password)", "a NO [UNAVAILABLE]")
        #expect(try eventually { try server.log().contains("5.4.6") })
    }

    @Test func referralWhenTheConfigurationSaysSo() throws {
        let servers = try TwoServers(mode: "referral")
        let user = try servers.newUser()
        try (try imap(servers.front)).ask(
            "a LOGIN \(user.address) \(user.password)", "a NO [REFERRAL imap://user")
        _ = try servers.front.pop3(user)
    }

    // MARK: Scripts

    private static let imaplib = """
        import imaplib, ssl, sys
        authority, port, user, password = sys.argv[1:]

        def ok(answer):
            assert answer[0] in ("OK", "BYE"), answer
            return answer[1]

        def connect():
            context = ssl.create_default_context(cafile=authority)
            context.check_hostname = False
            return imaplib.IMAP4_SSL("127.0.0.1", int(port), ssl_context=context)

        one, two = connect(), connect()
        ok(one.login(user, password))
        ok(two.authenticate("PLAIN", lambda _: f"\\0{user}\\0{password}".encode()))
        assert "IDLE" in "".join(str(x) for x in ok(one.capability()))

        # Someone waits while the other one appends.
        assert ok(two.select()) == [b"0"]
        two.send(b"i IDLE\\r\\n")
        assert two.readline().startswith(b"+")
        large = b"Subject: large\\r\\n\\r\\n" + b"x" * 70 + b"\\r\\n"
        large += (b"0123456789" * 7 + b"\\r\\n") * 120000
        ok(one.append("INBOX", None, None, large))
        while b"1 EXISTS" not in two.readline():
            pass
        two.send(b"DONE\\r\\n")
        while not two.readline().startswith(b"i OK"):
            pass
        assert ok(two.fetch("1", "(RFC822)"))[0][1] == large
        ok(two.append("INBOX", None, None, b"Subject: small\\r\\n\\r\\nbody\\r\\n"))
        ok(one.select())
        assert ok(one.search(None, "SUBJECT", "small")) == [b"2"]
        ok(one.logout())
        ok(two.logout())
        print("done")
        """

    private static let poplib = """
        import poplib, ssl, sys
        authority, port, user, password = sys.argv[1:]
        context = ssl.create_default_context(cafile=authority)
        context.check_hostname = False
        client = poplib.POP3_SSL("127.0.0.1", int(port), context=context)
        client.utf8()
        client.user(user)
        assert client.pass_(password).startswith(b"+OK")
        assert client.stat()[0] == 2
        assert len(client.retr(1)[1]) > 120000
        client.dele(1)
        client.quit()
        print("done")
        """
}
