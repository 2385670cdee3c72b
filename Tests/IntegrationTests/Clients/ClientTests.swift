import Glibc
import Testing
import TestSupport

/// Other people's programs, as Debian has them.
@Suite(.ownThreads) struct ClientTests {
    let server: RunningMartlet
    let authority: String

    init() throws {
        server = try RunningMartlet.shared.get()
        authority = try Certificates.shared.get().authority.certificate
    }

    // MARK: curl

    @Test(arguments: [("smtp", "submission"), ("smtps", "submissions")])
    func curlSends(_ scheme: String, _ listener: String) throws {
        let user = server.newUser()
        let result = try Tool.run(
            curl(user) + [
                "--mail-from", user.address, "--mail-rcpt", user.address, "--upload-file", "-",
                "\(scheme)://mail.example.org:\(server.port(listener))/client.example",
            ], input: "From: \(user.address)\r\nSubject: by curl\r\n\r\n.dots\r\n..\r\n.\r\nend\r\n")
        #expect(result.status == 0, "\(result)")
        let message = try server.messages(of: user)[0]
        #expect(message.suffix(4).elementsEqual([".dots", "..", ".", "end"]))
    }

    @Test(arguments: [("pop3", "pop3"), ("pop3s", "pop3s")])
    func curlFetches(_ scheme: String, _ listener: String) throws {
        let user = server.newUser()
        try server.deliver(to: [user.address], "Subject: for curl\r\n\r\n..body\r\n...")
        _ = try server.messages(of: user)
        let url = "\(scheme)://mail.example.org:\(server.port(listener))/"
        let list = try Tool.run(curl(user) + [url])
        #expect(list.status == 0 && list.output.hasPrefix("1 "), "\(list)")
        let message = try Tool.run(curl(user) + [url + "1"])
        #expect(message.status == 0 && message.output.hasSuffix("Subject: for curl\r\n\r\n.body\r\n..\r\n"), "\(message)")
        #expect(try Tool.run(curl(user) + ["--request", "DELE 1", "--head", url]).status == 0)
        let empty = try Tool.run(curl(user) + [url])
        #expect(empty.status == 0 && empty.output.filter { !$0.isWhitespace }.isEmpty, "\(empty)")
        let wrong = try Tool.run(curl(.init(address: user.address, password: "wrong")) + ["--interface", Sources.next(), url])
        #expect(wrong.status == 67, "\(wrong)")
    }

    @Test func curlSendsToTheMailExchangerWithoutALogin() throws {
        let user = server.newUser()
        let result = try Tool.run(
            Array(curl(user).prefix { $0 != "--user" }) + [
                "--mail-from", "a@elsewhere.example", "--mail-rcpt", user.address, "--upload-file", "-",
                "smtp://mail.example.org:\(server.port("mx"))/client.example",
            ], input: "Subject: x\r\n\r\n")
        #expect(result.status == 0, "\(result)")
        #expect(try server.messages(of: user)[0].contains { $0.contains("with ESMTPS (TLSv1.3") })
    }

    private func curl(_ user: SampleUsers.User) -> [String] {
        [
            "/usr/bin/curl", "--silent", "--show-error", "--max-time", "30", "--cacert", authority,
            "--connect-to", "mail.example.org::127.0.0.1:", "--ssl-reqd", "--user",
            "\(user.address):\(user.password)",
        ]
    }

    // MARK: swaks

    @Test(arguments: ["PLAIN", "LOGIN"], ["--tls", "--tls-on-connect"])
    func swaks(_ mechanism: String, _ tls: String) throws {
        let user = server.newUser()
        let port = server.port(tls == "--tls" ? "submission" : "submissions")
        let result = try Tool.run([
            "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port)", tls, "--tls-verify",
            "--tls-ca-path", authority, "--auth", mechanism, "--auth-user", user.address,
            "--auth-password", user.password, "--from", user.address, "--to", user.address,
            "--header", "Subject: by swaks", "--helo", "client.example",
        ])
        #expect(result.status == 0, "\(result)")
        #expect(try server.messages(of: user)[0].contains("Subject: by swaks"))
    }

    @Test func swaksIsRefusedWithAWrongPassword() throws {
        let result = try Tool.run([
            "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(server.port("submission"))",
            "--local-interface", Sources.next(), "--tls", "--auth", "PLAIN", "--auth-user", "alice",
            "--auth-password", "wrong", "--to", "bob@example.org", "--quit-after", "AUTH",
        ])
        #expect(result.status == 28 && result.output.contains("535 5.7.8"), "\(result)")
    }

    // MARK: gsasl

    /// Without `--no-cb` it claims that no -PLUS mechanism was on offer, which the server takes for
    /// the attack that it would be (RFC 5802 section 6).
    @Test(arguments: ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "PLAIN", "LOGIN"])
    func gsasl(_ mechanism: String) throws {
        let user = SampleUsers.carol
        let result = try Tool.run([
            "/usr/bin/gsasl", "--smtp", "--connect=127.0.0.1:\(server.port("submission"))",
            "--x509-ca-file=\(authority)", "--mechanism=\(mechanism)",
            "--authentication-id=\(user.address)", "--password=\(user.password)",
        ] + (mechanism.hasSuffix("-PLUS") ? [] : ["--no-cb"]))
        #expect(result.status == 0, "\(result)")
        #expect(result.output.contains("235 2.7.0"), "\(result)")
    }

    @Test func gsaslIsRefusedWithAWrongPassword() throws {
        let result = try Tool.run([
            "/usr/bin/gsasl", "--smtp", "--connect=127.0.0.1:\(server.port("submission"))",
            "--x509-ca-file=\(authority)", "--mechanism=SCRAM-SHA-256",
            "--authentication-id=alice@example.net", "--password=wrong", "--no-cb",
        ])
        #expect(result.status != 0 && result.output.contains("535 5.7.8"), "\(result)")
    }

    // MARK: mpop and fetchmail

    /// `auth on` lets mpop choose: it must work with and without SCRAM secrets.
    @Test(arguments: [
        ("on", false), ("on", true), ("user", false), ("plain", false), ("scram-sha-1", true),
        ("scram-sha-256", true),
    ], [false, true])
    func mpop(_ login: (method: String, hasSecrets: Bool), _ usesSTLS: Bool) throws {
        let (method, hasSecrets) = login
        let own = server.newUser()
        let user = hasSecrets ? try Self.withSecrets(own, server) : own
        let files = try TemporaryDirectory()
        for number in 1...3 { try server.deliver(to: [user.address], "Subject: mpop \(number)\r\n\r\n..x") }
        _ = try server.messages(of: user, count: 3)
        try TextFile.write(
            """
            account default
            host 127.0.0.1
            port \(server.port(usesSTLS ? "pop3" : "pop3s"))
            tls on
            tls_starttls \(usesSTLS ? "on" : "off")
            tls_trust_file \(authority)
            user \(user.address)
            password \(user.password)
            auth \(method)
            keep off
            received_header off
            uidls_file \(files.path)/uidls
            delivery mbox \(files.path)/mbox

            """, to: files.path + "/mpoprc")
        chmod(files.path + "/mpoprc", 0o600)
        let result = try Tool.run(["/usr/bin/mpop", "-C", files.path + "/mpoprc"])
        #expect(result.status == 0, "\(result)")
        let mailbox = try TextFile.read(files.path + "/mbox")
        for number in 1...3 { #expect(mailbox.contains("Subject: mpop \(number)")) }
        try (try server.pop3(user)).ask("STAT", "+OK 0 0$")
    }

    @Test(arguments: [false, true])
    func fetchmail(_ usesSTLS: Bool) throws {
        let user = server.newUser()
        let files = try TemporaryDirectory()
        for number in 1...3 { try server.deliver(to: [user.address], "Subject: fetched \(number)\r\n\r\n..x") }
        _ = try server.messages(of: user, count: 3)
        try TextFile.write(
            """
            poll 127.0.0.1 service \(server.port(usesSTLS ? "pop3" : "pop3s")) protocol pop3 uidl no dns
              user "\(user.address)" password "\(user.password)"
              \(usesSTLS ? "sslproto \"TLS1.2+\"" : "ssl") sslcertck sslcertfile "\(authority)" sslcommonname mail.example.org
              fetchall nokeep mda "/bin/sh -c 'cat >>\(files.path)/mbox'"

            """, to: files.path + "/fetchmailrc")
        chmod(files.path + "/fetchmailrc", 0o600)
        let result = try Tool.run(
            ["/usr/bin/fetchmail", "-f", files.path + "/fetchmailrc", "--nosyslog", "-v", "--pidfile", files.path + "/pid"],
            environment: ["FETCHMAILHOME=\(files.path)", "HOME=\(files.path)"])
        #expect(result.status == 0, "\(result)")
        let mailbox = try TextFile.read(files.path + "/mbox")
        for number in 1...3 { #expect(mailbox.contains("Subject: fetched \(number)")) }
        try (try server.pop3(user)).ask("STAT", "+OK 0 0$")
    }

    /// Gives a user a copy of carol's SCRAM secrets; the password is then hers, too.
    private static func withSecrets(
        _ user: SampleUsers.User, _ server: RunningMartlet
    ) throws -> SampleUsers.User {
        let ldif = try TextFile.read(try SampleUsers.repository() + "/ldif/20-users.ldif")
            .replacing("\n ", with: "")
        let secrets = ldif.split(separator: "\n").filter { $0.hasPrefix("authPassword: ") }
        try server.change(user, """
            add: authPassword
            \(secrets.joined(separator: "\n"))
            -
            replace: userPassword
            userPassword: \(SampleUsers.carol.password)
            """)
        return .init(address: user.address, password: SampleUsers.carol.password)
    }
}
