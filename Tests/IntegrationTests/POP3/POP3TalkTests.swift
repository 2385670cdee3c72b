
import Testing

/// POP3 sessions as their RFCs describe them.
@Suite(.ownThreads) struct POP3TalkTests {
    /// A command under TLS before the login, and the reply.
    @Test(arguments: [
        ("QUIT", "+OK"),
        ("quit", "+OK"),
        ("QUIT now", "-ERR"),
        ("NOOP", "-ERR not now"),
        ("STAT", "-ERR not now"),
        ("LIST", "-ERR not now"),
        ("RETR 1", "-ERR not now"),
        ("DELE 1", "-ERR not now"),
        ("UIDL", "-ERR not now"),
        ("TOP 1 0", "-ERR not now"),
        ("RSET", "-ERR not now"),
        ("", "-ERR"),
        ("FOO", "-ERR unknown command"),
        ("XTND XMIT", "-ERR unknown command"),
        ("APOP alice c4c9334bac560ecc979e58001b3e22fb", "-ERR"),
        ("USER", "-ERR"),
        ("USER a b", "-ERR"),
        ("USER alice", "+OK"),
        ("USER nobody", "+OK"),
        ("PASS x", "-ERR"),
        ("CAPA now", "-ERR"),
        ("STLS", "-ERR"),
        ("UTF8", "+OK"),
        ("UTF8 USER", "-ERR"),
        ("LANG en", "+OK en"),
        ("LANG *", "+OK en"),
        ("LANG i-default", "+OK"),
        ("LANG tlh", "-ERR"),
        ("AUTH PLAIN", "+ $"),
        ("AUTH LOGIN", "+ VXNlcm5hbWU6$"),
        ("AUTH CRAM-MD5", "-ERR"),
        ("AUTH PLAIN a b", "-ERR"),
        ("AUTH PLAIN !!!!", "-ERR"),
        (#"NOOP\0"#, "-ERR"),
        (#"USER a\rb"#, "-ERR"),
        (#"USER \xff\xfe"#, "-ERR"),
        ("USER " + String(repeating: "x", count: 300), "-ERR line too long"),
        ("AUTH PLAIN " + LineClient.plain("bob", "bob-secret"), "+OK maildrop has"),
        ("AUTH PLAIN " + LineClient.plain("alice", "wrong"), "-ERR [AUTH] authentication failed$"),
        ("AUTH PLAIN " + LineClient.plain("nobody", "wrong"), "-ERR [AUTH] authentication failed$"),
        ("AUTH PLAIN " + LineClient.plain("dave", "dave-secret"), "-ERR [AUTH] authentication failed$"),
        ("AUTH PLAIN " + LineClient.plain("bob)(uid=*", "x"), "-ERR [AUTH] authentication failed$"),
        ("AUTH PLAIN " + LineClient.plain("*", "x"), "-ERR [AUTH] authentication failed$"),
        ("AUTH PLAIN " + LineClient.plain("alice", "alice-secret", as: "bob"), "-ERR [AUTH]"),
        ("AUTH PLAIN " + LineClient.plain("alice", ""), "-ERR"),
        // SASLprep (RFC 4616 section 2).
        ("AUTH PLAIN " + LineClient.plain("rene", "p\u{E4}ss\u{F8}\u{7}"), "-ERR [AUTH] authentication failed$"),
        ("AUTH PLAIN " + LineClient.plain("rene", "\u{627}1"), "-ERR [AUTH] authentication failed$"),
    ])
    func beforeLogin(_ command: String, _ reply: String) throws {
        let server = try RunningMartlet.shared.get()
        let client = try LineClient(port: server.port("pop3s"), source: Sources.next())
        try client.startTLS()
        #expect(try client.line() == "+OK mail.example.org Martlet POP3 server ready")
        try client.send(Talk.octets(command) + [13, 10])
        let answer = try client.line() ?? "closed"
        #expect(Talk.matches(answer, reply[...]), "\(answer)")
    }

    /// A command after the login, in a maildrop of two messages.
    @Test(arguments: [
        ("NOOP", "+OK"),
        ("NOOP 1", "-ERR"),
        ("STAT", "+OK 2 "),
        ("STAT 1", "-ERR"),
        ("LIST 1", "+OK 1 "),
        ("LIST 2", "+OK 2 "),
        ("LIST 3", "-ERR no such message"),
        ("LIST 0", "-ERR no such message"),
        ("LIST x", "-ERR"),
        ("LIST -1", "-ERR"),
        ("LIST 1 2", "-ERR"),
        ("LIST 99999999999999999999999", "-ERR no such message"),
        ("UIDL 1", "+OK 1 "),
        ("UIDL 3", "-ERR"),
        ("uidl 2", "+OK 2 "),
        ("RETR", "-ERR"),
        ("RETR 3", "-ERR no such message"),
        ("RETR 1 2", "-ERR"),
        ("RETR 1", "+OK * octets$"),
        ("TOP 1", "-ERR"),
        ("TOP 1 x", "-ERR"),
        ("TOP 1 -1", "-ERR"),
        ("TOP 3 0", "-ERR"),
        ("TOP 1 0", "+OK"),
        ("TOP 1 99999999999999999999", "+OK"),
        ("DELE", "-ERR"),
        ("DELE 3", "-ERR"),
        ("DELE 1 2", "-ERR"),
        ("RSET", "+OK"),
        ("RSET 1", "-ERR"),
        ("USER alice", "-ERR"),
        ("PASS x", "-ERR"),
        ("AUTH PLAIN", "-ERR"),
        ("STLS", "-ERR"),
        ("UTF8", "-ERR"),
        ("LANG", "+OK"),
        ("LAST", "-ERR unknown command"),
        ("QUIT 1", "-ERR"),
        ("  NOOP", "-ERR"),
    ])
    func afterLogin(_ command: String, _ reply: String) throws {
        let server = try RunningMartlet.shared.get()
        let client = try Self.twoMessages(server)
        try client.send(command + "\r\n")
        let answer = try client.line() ?? "closed"
        #expect(Talk.matches(answer, reply[...]), "\(answer)")
    }

    @Test(arguments: [
        Talk("CAPA (RFC 2449, 2595, 3206, 5034, 6856)", """
            < +OK
            > CAPA
            <+ +OK*\nTOP\nUIDL\n*STLS\nUTF8\nLANG\nRESP-CODES\nAUTH-RESP-CODE\nPIPELINING\nEXPIRE NEVER\nIMPLEMENTATION Martlet$
            > STLS
            < +OK
            !TLS
            > CAPA
            <+ +OK*\nTOP\nUIDL\nUSER\nSASL *SCRAM-SHA-256-PLUS*PLAIN*\nUTF8 USER\nLANG\nRESP-CODES\nAUTH-RESP-CODE\nPIPELINING
            """),
        Talk("SASLprep (RFC 6856 section 2.2)", """
            < +OK
            > STLS
            < +OK
            !TLS
            > UTF8
            < +OK
            > USER ｒene
            < +OK
            > PASS p\u{E4}ss\u{F8}\u{202E}
            < -ERR [AUTH] authentication failed$
            > USER ｒene
            < +OK
            > PASS pa\u{308}ss\u{F8}
            < +OK
            """),
        Talk("no password in clear", """
            < +OK
            > USER alice
            < -ERR [AUTH] TLS is required
            > PASS alice-secret
            < -ERR
            > AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==
            < -ERR
            > QUIT
            < +OK
            #
            """),
        Talk("STLS forgets what was said before it", """
            < +OK
            > STLS now
            < -ERR
            > STLS
            < +OK
            !TLS
            > PASS alice-secret
            < -ERR
            > STLS
            < -ERR
            """),
        Talk("no STLS after UTF8 (RFC 6856 section 2.1)", """
            < +OK
            > UTF8
            < +OK
            > STLS
            < -ERR
            """),
        Talk("a cancelled exchange, then a login", """
            < +OK
            > STLS
            < +OK
            !TLS
            > AUTH PLAIN
            < + $
            > *
            < -ERR
            > AUTH PLAIN =
            < -ERR
            > AUTH PLAIN
            < +
            > AGFsaWNlAGFsaWNlLXNlY3JldA==
            < +OK maildrop has
            """),
        Talk("the mechanisms by AUTH alone", """
            < +OK
            > STLS
            < +OK
            !TLS
            > AUTH
            <+ +OK*SCRAM-SHA-256*PLAIN
            > LANG
            <+ +OK*\nen English$
            """),
        Talk("a wrong password needs USER again", """
            < +OK
            > STLS
            < +OK
            !TLS
            > USER alice
            < +OK
            > PASS wrong
            < -ERR [AUTH] authentication failed$
            > PASS alice-secret
            < -ERR
            > USER alice
            > PASS alice-secret
            < +OK
            < +OK maildrop has
            """),
        Talk("everything in one segment (RFC 2449 section 6.8)", """
            < +OK
            > STLS
            < +OK
            !TLS
            > USER alice
            > PASS alice-secret
            > NOOP
            > RSET
            > QUIT
            < +OK
            < +OK
            < +OK
            < +OK
            < +OK
            #
            """),
        Talk("lines that end in LF alone are taken", """
            < +OK
            >> CAPA\\nQUIT\\n
            <+ +OK
            < +OK
            #
            """),
    ])
    func sessions(_ talk: Talk) throws {
        let server = try RunningMartlet.shared.get()
        // A maildrop is locked until the server has seen its session end: a user for each talk.
        let user = server.newUser()
        var talk = talk
        talk.text = talk.text.replacing("alice-secret", with: user.password)
            .replacing("USER alice", with: "USER \(user.address)")
        try talk.run(on: LineClient(port: server.port("pop3"), source: Sources.next()), .pop3)
    }

    /// A login to a maildrop of two messages that no other test has.
    private static func twoMessages(_ server: RunningMartlet) throws -> LineClient {
        let user = server.newUser()
        for _ in 1...2 { try server.deliver(to: [user.address], "Subject: x\r\n\r\nbody") }
        _ = try server.messages(of: user, count: 2)
        return try server.pop3(user)
    }

    /// CVE-2021-33515.
    @Test(arguments: [0, 2, 4, 5, 6, 8])
    func stlsInjection(_ split: Int) throws {
        let client = try LineClient(port: try RunningMartlet.shared.get().port("pop3"))
        _ = try client.line()
        let octets = Array("STLS\r\nCAPA\r\nCAPA\r\n".utf8)
        try client.send(Array(octets[..<split]))
        // It may have closed the connection already.
        try? client.send(Array(octets[split...]))
        let rest = try client.rest()
        #expect(!rest.contains("TOP"), "nothing in clear is obeyed after STLS")
    }
}
