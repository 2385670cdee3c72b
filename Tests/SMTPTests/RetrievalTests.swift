import NIOCore
import Testing

@testable import SMTP

/// ETRN and ATRN.
@Suite struct RetrievalTests {
    @Test(arguments: [
        ("ETRN example.org", SMTPCommand.etrn(.domain("example.org"))),
        ("etrn  Example.ORG ", .etrn(.domain("example.org"))),
        ("ETRN @example.org", .etrn(.subdomains(of: "example.org"))),
        ("ETRN #Night", .etrn(.queue("night"))), ("ETRN #a)(b", .etrn(.queue("a)(b"))),
        ("ATRN", .atrn([])), ("ATRN ", .atrn([])), ("ATRN example.org", .atrn(["example.org"])),
        ("atrn A.example,b.example,a.example ", .atrn(["a.example", "b.example"])),
    ])
    func commands(_ line: String, _ command: SMTPCommand) throws {
        #expect(try parse(line) == command)
    }

    /// THREATS: filters, wildcards, source routes.
    @Test(arguments: [
        "ETRN", "ETRN ", "ETRN *", "ETRN @", "ETRN #", "ETRN @*", "ETRN a)(b", "ETRN (cn=*)",
        "ETRN a b", "ETRN a,b", "ETRN a.", "ETRN .a", "ETRN a..b", "ETRN -a", "ETRN a-", "ETRN @@a",
        "ETRN @x:a", "ETRN @x,@y:u@z", "ETRN u@example.org", "ETRN <example.org>", "ETRN a%b",
        "ETRN a!b", "ETRN a\\2a", "ETRN ../a", "ETRN a/b", "ETRN a\"b", "ETRN [192.0.2.1]",
        "ETRN [IPv6:::1]", "ETRN ö.example", "ETRN #a b", "ETRN #ä",
        "ETRN \(String(repeating: "a", count: 64)).example",
        "ETRN \(String(repeating: "aaaaaaa.", count: 32))example",
        "ATRN *", "ATRN ,", "ATRN a,", "ATRN ,a", "ATRN a,,b", "ATRN a, b", "ATRN a b", "ATRN @a",
        "ATRN #a", "ATRN a)(b", "ATRN [192.0.2.1]", "ATRN ö.example", "ATRN u@a",
        "ATRN \((0...100).map { "d\($0)" }.joined(separator: ","))",
    ])
    func refused(_ line: String) {
        let error = #expect(throws: SMTPReply.self) { try parse(line) }
        #expect(error?.description.hasPrefix("501 5.5.4") == true, "\(line): \(error?.code ?? 0)")
    }

    @Test func atMostAHundredDomains() throws {
        let names = (1...100).map { "d\($0)" }
        #expect(try parse("ATRN \(names.joined(separator: ","))") == .atrn(names))
    }

    static let mx: [Transcript] = [
        Transcript("ETRN", """
            > ETRN example.org
            < 503 5.5.1 Send EHLO
            > EHLO c
            < 250 HELP
            > ETRN example.org
            > ETRN @example.org
            > ETRN #night
            > ETRN *
            > NOOP
            < 250 2.0.0 example.org
            < 250 2.0.0 all of example.org
            < 458 4.3.3
            < 501 5.5.4
            < 250
            > MAIL FROM:<a@x>
            > ETRN example.org
            < 250
            < 503 5.5.1
            """),
        Transcript("no ATRN here", """
            > EHLO c
            > ATRN example.org
            < 250 HELP
            < 502 5.5.1
            """),
    ]

    @Test(arguments: mx) func mailExchanger(_ transcript: Transcript) {
        play(transcript, SessionDriver(SessionDriver.mx()))
        play(transcript, SessionDriver(SessionDriver.mx()), splitEverywhere: true)
    }

    static let relay: [Transcript] = [
        Transcript("what is served", """
            > ATRN
            < 503 5.5.1 Send EHLO
            > EHLO c
            < 250 HELP
            > ATRN
            < 530 5.7.0 Authentication
            > NOOP
            < 250
            > RSET
            < 250
            > HELP
            < 214
            > MAIL FROM:<a@x>
            < 502 5.5.1
            > RCPT TO:<a@x>
            < 502 5.5.1
            > VRFY a
            < 502 5.5.1
            > EXPN a
            < 502 5.5.1
            > ETRN example.org
            < 502 5.5.1
            > DATA
            < 502 5.5.1
            > QUIT
            < 221
            #
            """),
        Transcript("a chunk is read, not done", """
            > EHLO c
            > BDAT 6
            > NOOP
            > NOOP
            < 250 HELP
            < 503 5.5.1 No transaction
            < 250
            """),
        Transcript("refusal", """
            > EHLO c
            < 250 HELP
            > AUTH PLAIN AGFsaWNlAHNlY3JldA==
            < 235
            > ATRN unknown.example
            < 450 4.7.1
            > ATRN x,unknown.example
            < 450 4.7.1
            > NOOP
            < 250
            """),
    ]

    @Test(arguments: relay) func onDemandRelay(_ transcript: Transcript) {
        play(transcript, SessionDriver(SessionDriver.onDemandRelay(), encrypted: true))
        play(transcript, SessionDriver(SessionDriver.onDemandRelay(), encrypted: true), splitEverywhere: true)
    }

    private static func loggedIn() -> SessionDriver {
        let driver = SessionDriver(SessionDriver.onDemandRelay(), encrypted: true)
        driver.receive("EHLO c\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n".octets)
        _ = driver.takeReplies()
        return driver
    }

    @Test func theRolesTurn() {
        let driver = Self.loggedIn()
        driver.receive("ATRN example.org,example.net\r\n".octets)
        #expect(driver.takeReplies() == ["250 2.0.0 OK now reversing the connection"])
        #expect(driver.hasTurned && driver.isClosed)
        #expect(driver.actions.contains(.retrieve(domains: ["example.org", "example.net"])))
    }

    /// THREATS: what is sent with ATRN is neither a command nor a reply.
    @Test(arguments: ["NOOP\r\n", "220 host\r\n", "2", "\r\n", "ATRN\r\n"])
    func pipelinedInputEndsTheConnection(_ more: String) {
        let driver = Self.loggedIn()
        driver.receive("ATRN\r\n\(more)".octets)
        #expect(driver.takeReplies() == ["503 5.5.1 Command sent before the reply to ATRN"])
        #expect(!driver.hasTurned && driver.isClosed)
        var output = ByteBuffer()
        let other = Self.loggedIn()
        var input = ByteBuffer(string: "ATRN\r\n")
        let action = other.session.next(&input, &output)
        #expect(action == .retrieve(domains: []))
        // It arrived while the directory was asked.
        let hasTurned = other.session.turn(hasUnreadInput: true, &output)
        let end = other.session.next(&input, &output)
        #expect(!hasTurned && end == .close)
        #expect(String(buffer: output).hasPrefix("503 5.5.1"))
    }

    @Test func needsTLSFirst() {
        let driver = SessionDriver(SessionDriver.onDemandRelay())
        driver.receive("EHLO c\r\nATRN\r\n".octets)
        #expect(driver.takeReplies().last?.hasPrefix("530 5.7.0 Must issue a STARTTLS") == true)
    }

    /// THREATS: a command in clear behind STARTTLS is not read under TLS.
    @Test func injectedBehindStartTLS() {
        let driver = SessionDriver(SessionDriver.onDemandRelay())
        driver.receive("EHLO c\r\nSTARTTLS\r\nATRN example.org\r\n".octets)
        #expect(driver.takeReplies().last?.hasPrefix("503 5.5.1") == true)
        #expect(driver.isClosed && !driver.hasTurned)
    }

    @Test func startsOfQueuesAreLimited() {
        let driver = SessionDriver(SessionDriver.mx(.init(transactions: 2)))
        driver.receive("EHLO c\r\n".octets)
        for _ in 0..<3 { driver.receive("ETRN example.org\r\n".octets) }
        #expect(driver.isClosed)
        #expect(driver.takeReplies().last?.hasPrefix("421 4.7.0") == true)
    }

    /// Guesses at domains are slowed down, then end the connection.
    @Test func guessesAreCounted() {
        let limits = SessionLimits(failedCommands: 100, probesBeforeDelay: 3, probes: 6)
        var driver = SessionDriver(SessionDriver.mx(limits))
        driver.receive("EHLO c\r\n".octets)
        for name in 1...4 { driver.receive("ETRN d\(name).example\r\n".octets) }
        #expect(driver.delays == 1)
        for name in 5...9 { driver.receive("ETRN d\(name).example\r\n".octets) }
        #expect(driver.isClosed)
        #expect(driver.takeReplies().last?.hasPrefix("421 4.7.0") == true)
        driver = SessionDriver(SessionDriver.mx(.init(failedCommands: 3)))
        driver.receive("EHLO c\r\n".octets)
        for name in 1...3 { driver.receive("ETRN d\(name).example\r\n".octets) }
        #expect(driver.isClosed)
        #expect(driver.takeReplies().filter { $0.hasPrefix("421") }.count == 1)
    }
}
