import MailModel
import NIOCore
import Testing

@testable import SMTP

/// HOLDFOR, HOLDUNTIL, BY, MT-PRIORITY and REQUIRETLS.
@Suite struct DeliveryRequestTests {
    private static func mail(_ parameters: String) throws(SMTPReply) -> MailCommand? {
        guard case .mail(let mail) = try parse("MAIL FROM:<a@b> \(parameters)") else { return nil }
        return mail
    }

    @Test(arguments: [
        ("HOLDFOR=1", FutureRelease.after(seconds: 1)),
        ("holdfor=999999999", .after(seconds: 999_999_999)),
        ("HOLDUNTIL=2026-11-22T05:01:12Z", .at(Timestamp(milliseconds: 1_795_323_672_000))),
        ("HOLDUNTIL=2026-11-22T06:01:12.5+01:00", .at(Timestamp(milliseconds: 1_795_323_672_500))),
    ])
    func holds(_ parameter: String, _ hold: FutureRelease) throws {
        #expect(try Self.mail(parameter)?.hold == hold)
    }

    @Test(arguments: [
        ("BY=120;R", DeliverByRequest(seconds: 120, mode: .return, isTraced: false)),
        ("by=+120;rt", DeliverByRequest(seconds: 120, mode: .return, isTraced: true)),
        ("BY=-120;NT", DeliverByRequest(seconds: -120, mode: .notify, isTraced: true)),
        ("BY=0;N", DeliverByRequest(seconds: 0, mode: .notify, isTraced: false)),
        ("BY=999999999;R", DeliverByRequest(seconds: 999_999_999, mode: .return, isTraced: false)),
        ("BY=-999999999;N", DeliverByRequest(seconds: -999_999_999, mode: .notify, isTraced: false)),
    ])
    func deadlines(_ parameter: String, _ request: DeliverByRequest) throws {
        #expect(try Self.mail(parameter)?.deliverBy == request)
    }

    @Test(arguments: Int8(-9)...9) func priorities(_ priority: Int8) throws {
        #expect(try Self.mail("MT-PRIORITY=\(priority)")?.priority == priority)
    }

    @Test func allTogether() throws {
        let mail = try #require(try Self.mail("REQUIRETLS MT-Priority=0 BY=9;N HOLDFOR=5 SIZE=1"))
        #expect(mail.requiresTLS && mail.priority == 0 && mail.deliverBy?.seconds == 9)
        #expect(mail.hold == .after(seconds: 5) && mail.size == 1)
        #expect(try Self.mail("SIZE=1")?.requiresTLS == false)
    }

    /// THREATS: garbage, overflow, duplicates.
    @Test(arguments: [
        "HOLDFOR", "HOLDFOR=", "HOLDFOR=0", "HOLDFOR=-1", "HOLDFOR=+1", "HOLDFOR=01", "HOLDFOR=1s",
        "HOLDFOR=1000000000", "HOLDFOR=99999999999999999999", "HOLDFOR=1;2", "HOLDFOR=0x10",
        "HOLDFOR=1 HOLDFOR=1", "HOLDFOR=1 HOLDUNTIL=2026-11-22T05:01:12Z",
        "HOLDUNTIL=2026-11-22T05:01:12Z HOLDFOR=1", "HOLDUNTIL", "HOLDUNTIL=1", "HOLDUNTIL=tomorrow",
        "HOLDUNTIL=2026-11-22", "HOLDUNTIL=2026-02-30T00:00:00Z", "HOLDUNTIL=2026-11-22T05:01:12",
        "HOLDUNTIL=99999-11-22T05:01:12Z", "HOLDUNTIL=2026-11-22T05:01:12+99:00",
        "BY", "BY=", "BY=120", "BY=120;", "BY=;R", "BY=120;X", "BY=120;RX", "BY=120;RTT", "BY=120;TR",
        "BY=0;R", "BY=-0;R", "BY=-1;R", "BY=--1;N", "BY=+-1;N", "BY=1000000000;N", "BY=-1000000000;N",
        "BY=99999999999999999999;R", "BY=1.5;R", "BY=1;R BY=1;R", "BY=1,R",
        "MT-PRIORITY", "MT-PRIORITY=", "MT-PRIORITY=10", "MT-PRIORITY=-10", "MT-PRIORITY=-0",
        "MT-PRIORITY=+1", "MT-PRIORITY=00", "MT-PRIORITY=x", "MT-PRIORITY=-", "MT-PRIORITY=1 MT-PRIORITY=1",
        "REQUIRETLS=", "REQUIRETLS=1", "REQUIRETLS REQUIRETLS",
    ])
    func refused(_ parameters: String) {
        let error = #expect(throws: SMTPReply.self) { try Self.mail(parameters) }
        #expect(error?.description.hasPrefix("501 5.5.4") == true, "\(parameters): \(error?.code ?? 0)")
    }

    @Test(arguments: ["BYE=1;R", "B=1;R", "HOLD=1", "HOLDFORX=1", "MTPRIORITY=1", "REQUIRETLSX"])
    func unknown(_ parameters: String) {
        let error = #expect(throws: SMTPReply.self) { try Self.mail(parameters) }
        #expect(error?.code == 555, "\(parameters)")
    }

    // MARK: - What is granted

    private static let start = SessionDriver.now

    /// The replies to MAIL and to the message, and the envelope.
    private static func submit(
        _ parameters: String, _ configuration: SMTPServerConfiguration, encrypted: Bool = true,
        login: Bool = true
    ) -> (mail: String, end: String?, envelope: Envelope?) {
        let driver = SessionDriver(configuration, encrypted: encrypted)
        driver.receive("EHLO c\r\n".octets)
        if login { driver.receive("AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n".octets) }
        _ = driver.takeReplies()
        driver.receive("MAIL FROM:<a@x> \(parameters)\r\n".octets)
        let mail = driver.takeReplies()[0]
        guard mail.hasPrefix("250") else { return (mail, nil, nil) }
        driver.receive("RCPT TO:<b@x>\r\nDATA\r\n".octets)
        driver.receive("x\r\n.\r\n".octets)
        return (mail, driver.takeReplies().last, driver.envelopes.last)
    }

    @Test(arguments: [
        ("HOLDFOR=60", 60), ("HOLDFOR=86400", 86400), ("HOLDUNTIL=2026-11-22T05:01:13Z", 1),
        ("HOLDUNTIL=2026-11-23T05:01:12Z", 86400), ("HOLDUNTIL=2026-11-22T05:01:12Z", nil),
        ("HOLDUNTIL=1999-11-22T05:01:12Z", nil), ("", nil),
    ] as [(String, Int?)])
    func isHeld(_ parameters: String, _ seconds: Int?) throws {
        let envelope = try #require(Self.submit(parameters, SessionDriver.submission()).envelope)
        #expect(envelope.releaseAt == seconds.map { Self.start + .seconds($0) })
        #expect(envelope.isSubmission)
    }

    @Test(arguments: [
        ("HOLDFOR=86401", "501 5.5.4"), ("HOLDFOR=999999999", "501 5.5.4"),
        ("HOLDUNTIL=2026-11-23T05:01:12.001Z", "501 5.5.4"), ("HOLDUNTIL=9999-12-31T23:59:59Z", "501 5.5.4"),
        ("HOLDFOR=60 BY=60;R", "501 5.5.4"), ("HOLDFOR=60 BY=61;R", "250 2.1.0"),
        ("HOLDFOR=60 BY=-1;N", "250 2.1.0"),
    ])
    func holdsAreChecked(_ parameters: String, _ reply: String) {
        #expect(Self.submit(parameters, SessionDriver.submission()).mail.hasPrefix(reply), "\(parameters)")
    }

    /// Only submission holds mail (RFC 4865 section 3).
    @Test func otherServersDoNotHold() {
        for configuration in [SessionDriver.mx(), SessionDriver.trusted(.mailExchanger)] {
            let reply = Self.submit("HOLDFOR=1", configuration, login: false).mail
            #expect(reply.hasPrefix("555 5.5.4"))
        }
        let reply = Self.submit("HOLDFOR=1", SessionDriver.trusted(.submission), login: false).mail
        #expect(reply.hasPrefix("250"))
    }

    @Test func deadlinesTravel() {
        for configuration in [SessionDriver.mx(), SessionDriver.trusted(.submission)] {
            let envelope = Self.submit("BY=-60;NT", configuration, login: false).envelope
            #expect(
                envelope?.deliverBy
                    == DeliverBy(deadline: Self.start + .seconds(-60), mode: .notify, isTraced: true))
        }
        let envelope = Self.submit("BY=60;R", SessionDriver.submission()).envelope
        #expect(
            envelope?.deliverBy
                == DeliverBy(deadline: Self.start + .seconds(60), mode: .return, isTraced: false))
    }

    enum Client: CaseIterable { case stranger, user, trusted }

    @Test(arguments: [
        (Client.stranger, 1, 0), (.stranger, 9, 0), (.stranger, 0, 0), (.stranger, -3, -3),
        (.user, 4, 4), (.user, 5, 4), (.user, 9, 4), (.user, -9, -9), (.trusted, 9, 9), (.trusted, -9, -9),
    ] as [(Client, Int8, Int8)])
    func prioritiesAreGranted(_ client: Client, _ asked: Int8, _ granted: Int8) {
        let result = switch client {
        case .stranger: Self.submit("MT-PRIORITY=\(asked)", SessionDriver.mx(), login: false)
        case .user: Self.submit("MT-PRIORITY=\(asked)", SessionDriver.submission())
        case .trusted: Self.submit("MT-PRIORITY=\(asked)", SessionDriver.trusted(.mailExchanger), login: false)
        }
        #expect(result.envelope?.priority == granted)
        #expect(result.envelope?.isSubmission == (client != .stranger))
        let end = asked == granted ? "250 2.0.0 OK queued as 1" : "250 2.3.6 \(granted) is the new priority, queued as 1"
        #expect(result.end == end)
    }

    @Test func requireTLSNeedsTLS() {
        #expect(
            Self.submit("REQUIRETLS", SessionDriver.mx(), encrypted: false, login: false).mail
                .hasPrefix("530 5.7.10"))
        #expect(Self.submit("REQUIRETLS", SessionDriver.mx(), login: false).envelope?.requiresTLS == true)
        #expect(Self.submit("", SessionDriver.mx(), login: false).envelope?.requiresTLS == false)
    }

    /// The next message has nothing of the last one's.
    @Test func requestsEndWithTheirTransaction() {
        let driver = SessionDriver(SessionDriver.submission(), encrypted: true)
        driver.receive("EHLO c\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n".octets)
        driver.receive("MAIL FROM:<a@x> HOLDFOR=9 BY=99;R MT-PRIORITY=3 REQUIRETLS\r\nRSET\r\n".octets)
        driver.receive("MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n".octets)
        driver.receive("x\r\n.\r\n".octets)
        var expected = Envelope(
            reversePath: .address(EmailAddress(localPart: "a", domain: "x")),
            recipients: [EnvelopeRecipient(address: EmailAddress(localPart: "b", domain: "x"))])
        expected.isSubmission = true
        #expect(driver.envelopes == [expected])
    }
}
