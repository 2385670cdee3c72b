import FuzzSupport
import MailModel
import NIOCore
import Testing

@testable import SMTP

@Suite struct SessionTests {
    @Test func capabilities() {
        let driver = SessionDriver(SessionDriver.mx())
        driver.receive("EHLO c\r\n".octets)
        var lines = driver.takeReplies()[1].split(separator: "\n").map { String($0.dropFirst(4)) }
        #expect(lines == [
            "mx.example.org", "PIPELINING", "SIZE 1000", "8BITMIME", "SMTPUTF8", "BINARYMIME",
            "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "LIMITS MAILMAX=1000 RCPTMAX=1000",
            "DELIVERBY", "MT-PRIORITY", "VRFY", "ETRN", "STARTTLS", "HELP",
        ])
        let submission = SessionDriver(SessionDriver.submission(), encrypted: true)
        submission.receive("EHLO c\r\n".octets)
        lines = submission.takeReplies()[1].split(separator: "\n").map { String($0.dropFirst(4)) }
        #expect(lines.contains("AUTH PLAIN LOGIN FINAL"))
        #expect(!lines.contains("STARTTLS") && lines.contains("REQUIRETLS"))
        #expect(!lines.contains("ETRN"))
        #expect(lines.contains("FUTURERELEASE 86400 2026-11-23T05:01:12Z"))
        submission.receive("AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nEHLO c\r\n".octets)
        #expect(submission.takeReplies()[1].contains("AUTH") == false)
        let relay = SessionDriver(SessionDriver.onDemandRelay())
        relay.receive("EHLO c\r\n".octets)
        lines = relay.takeReplies()[1].split(separator: "\n").map { String($0.dropFirst(4)) }
        #expect(lines == ["odmr.example.org", "ENHANCEDSTATUSCODES", "ATRN", "STARTTLS", "HELP"])
    }

    @Test func contentAndEnvelope() {
        let driver = SessionDriver(SessionDriver.mx())
        driver.receive(
            "EHLO c\r\nMAIL FROM:<a@x> RET=HDRS ENVID=e BODY=8BITMIME\r\nRCPT TO:<b@X> NOTIFY=NEVER\r\nRCPT TO:<b@x>\r\nDATA\r\n".octets)
        driver.receive("a: b\r\n\r\n..\r\n.\r\n".octets)
        #expect(driver.messages == ["a: b\r\n\r\n.\r\n".octets])
        #expect(driver.envelopes == [
            Envelope(
                reversePath: .address(EmailAddress(localPart: "a", domain: "x")),
                recipients: [
                    EnvelopeRecipient(
                        address: EmailAddress(localPart: "b", domain: "x"), notify: .never)
                ], body: .eightBitMIME, returnContent: .headers, envelopeID: "e")
        ])
    }

    @Test func binaryChunksKeepEveryOctet() {
        let driver = SessionDriver(SessionDriver.mx())
        driver.receive("EHLO c\r\nMAIL FROM:<a@x> BODY=BINARYMIME\r\nRCPT TO:<b@x>\r\nBDAT 5\r\n".octets)
        driver.receive([0, 10, 13, 46, 255] + "BDAT 2 LAST\r\n\r\n".octets)
        #expect(driver.messages == [[0, 10, 13, 46, 255, 13, 10]])
    }

    @Test func textChunksEndWithALine() {
        var driver = SessionDriver(SessionDriver.mx())
        driver.receive("EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 2\r\nabBDAT 2 LAST\r\n\ncQUIT\r\n".octets)
        #expect(driver.messages.isEmpty)
        #expect(driver.takeReplies().suffix(2).map { $0.prefix(4) } == ["550 ", "221 "])
        driver = SessionDriver(SessionDriver.mx())
        driver.receive("EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nBDAT 3\r\nab\rBDAT 2 LAST\r\n\nc".octets)
        #expect(driver.messages == ["ab\r\nc\r\n".octets])
    }

    /// THREATS: after any of these there is one message or none, and the session goes on in step.
    @Test(arguments: MessageDataReaderTests.smuggling)
    func smuggling(_ trick: String) {
        let start = "EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n".octets
        let body = "s: x\r\n\r\nx\(trick)MAIL FROM:<z@x>\r\nRCPT TO:<z@x>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n".octets
        for split in 0...body.count {
            let driver = SessionDriver(SessionDriver.mx())
            driver.receive(start)
            driver.receive(body[..<split])
            driver.receive(body[split...])
            #expect(driver.messages.count <= 1)
            #expect(!driver.envelopes.contains { $0.reversePath.description.hasPrefix("z") })
            let replies = driver.takeReplies()
            #expect(replies.count == 7, "\(replies)")
            #expect(replies.last?.hasPrefix("221") == true)
            #expect(driver.isClosed)
        }
    }

    @Test func bareLineEndsInCommands() {
        for line in ["NOOP\n", "NO\rOP\r\n", "\n", "NOOP\r\r\n"] {
            let driver = SessionDriver(SessionDriver.mx())
            driver.receive(line.octets + "NOOP\r\n".octets)
            #expect(driver.takeReplies().map { $0.prefix(4) } == ["220 ", "500 ", "250 "], "\(line)")
        }
    }

    @Test func aLongLineIsNotKept() {
        let driver = SessionDriver(SessionDriver.mx())
        _ = driver.takeReplies()
        for _ in 0..<1000 {
            driver.receive([UInt8](repeating: 0x41, count: 1000))
            #expect(driver.input.readableBytes <= 2048)
        }
        driver.receive("\r\nNOOP\r\n".octets)
        #expect(driver.takeReplies().map { $0.prefix(9) } == ["500 5.5.2", "250 2.0.0"])
    }

    @Test func manyPipelinedCommandsAreFlushed() {
        let driver = SessionDriver(SessionDriver.mx())
        _ = driver.takeReplies()
        var input = ByteBuffer(repeating: 0, count: 0)
        for _ in 0..<100_000 { input.writeStaticString("RSET\r\n") }
        var replies = 0
        var action = driver.session.next(&input, &driver.output)
        while action != .read {
            #expect(action == .flush)
            #expect(driver.output.readableBytes < 9 << 10)
            replies += driver.output.readableBytes
            driver.output.clear()
            action = driver.session.next(&input, &driver.output)
        }
        replies += driver.output.readableBytes
        #expect(replies == 100_000 * "250 2.0.0 OK\r\n".utf8.count)
    }

    @Test func recipientsAreLimited() {
        let driver = SessionDriver(SessionDriver.mx(.init(recipients: 2)))
        driver.receive("EHLO c\r\nMAIL FROM:<a@x>\r\n".octets)
        _ = driver.takeReplies()
        for name in 0..<4 { driver.receive("RCPT TO:<r\(name)@x>\r\n".octets) }
        #expect(driver.takeReplies().map { $0.prefix(9) }
            == ["250 2.1.5", "250 2.1.5", "452 4.5.3", "452 4.5.3"])
        #expect(driver.session.transaction?.recipients.count == 2)
    }

    @Test func repeatedRecipientsCountAgainstTheLimit() {
        let driver = SessionDriver(SessionDriver.mx(.init(recipients: 2)))
        driver.receive("EHLO c\r\nMAIL FROM:<a@x>\r\n".octets)
        _ = driver.takeReplies()
        for _ in 0..<3 { driver.receive("RCPT TO:<r@x>\r\n".octets) }
        #expect(driver.takeReplies().map { $0.prefix(9) } == ["250 2.1.5", "250 2.1.5", "452 4.5.3"])
        #expect(driver.session.transaction?.recipients.count == 1)
    }

    @Test func harvestingIsSlowedThenEnded() {
        let driver = SessionDriver(SessionDriver.mx(.init(probesBeforeDelay: 3, probes: 6)))
        driver.receive("EHLO c\r\nMAIL FROM:<a@x>\r\n".octets)
        for _ in 0..<4 { driver.receive("RCPT TO:<unknown@x>\r\n".octets) }
        #expect(driver.delays == 1)
        for _ in 0..<4 { driver.receive("VRFY a\r\n".octets) }
        #expect(driver.isClosed)
        #expect(driver.takeReplies().last?.hasPrefix("421 4.7.0") == true)
    }

    @Test func transactionsAreLimited() {
        let driver = SessionDriver(SessionDriver.mx(.init(transactions: 2)))
        driver.receive("EHLO c\r\n".octets)
        for _ in 0..<3 { driver.receive("MAIL FROM:<a@x>\r\nRSET\r\n".octets) }
        #expect(driver.isClosed)
        #expect(driver.takeReplies().last == "421 4.7.0 mx.example.org Too many transactions on this connection")
    }

    @Test func endsAndEarlyTalkers() {
        let driver = SessionDriver(SessionDriver.mx())
        _ = driver.takeReplies()
        driver.session.end(.timeout, &driver.output)
        #expect(driver.takeReplies() == ["421 4.4.2 mx.example.org Timeout, closing connection"])
        driver.receive("NOOP\r\n".octets)
        #expect(driver.isClosed)
        var output = ByteBuffer()
        var session = SMTPServerSession(SessionDriver.mx(), isEncrypted: false)
        session.refuseEarlyTalker(&output)
        #expect(String(buffer: output).hasPrefix("554 5.5.0"))
    }

    @Test func repliesAreOneLineOfASCII() {
        var output = ByteBuffer()
        SMTPReply(MailError(550, .init(5, 1, 1), "a\r\n250 ok ä\u{0}" + String(repeating: "x", count: 600)))
            .write(into: &output)
        let text = String(buffer: output)
        #expect(text.hasPrefix("550 5.1.1 a??250 ok ???x"))
        #expect(text.utf8.count == 512)
        #expect(text.utf8.filter { $0 == 10 }.count == 1)
    }

    /// Whatever arrives, from whatever state, the session neither crashes nor answers without bound.
    @Test(arguments: 0..<4) func randomConversations(_ depth: Int) {
        var random = Dice(seed: UInt64(depth) + 1)
        let words = [
            "EHLO c\r\n", "HELO c\r\n", "MAIL FROM:<a@x>", "MAIL FROM:<>", " SIZE=1", " BODY=BINARYMIME",
            "RCPT TO:<b@x>", "RCPT TO:<unknown@x>", "\r\n", "\r\n", "\n", "\r", "DATA\r\n", ".\r\n", "\r\n.\r\n",
            "BDAT 3\r\n", "BDAT 5 LAST\r\n", "RSET\r\n", "NOOP\r\n", "STARTTLS\r\n", "AUTH PLAIN\r\n",
            "AUTH PLAIN =\r\n", "*\r\n", "AGFsaWNlAHNlY3JldA==\r\n", "VRFY a\r\n", "\u{0}", "é", "x", "<", ">", "\"",
            " ", "@", "ORCPT=rfc822;+", "=", "HELP\r\n", "QUIT\r\n", "xclient", ":", "[1.2.3.4]",
            "ETRN x.example\r\n", "ETRN @example.org\r\n", "ATRN unknown.example,b\r\n", "ATRN\r\n", " HOLDFOR=9",
            " BY=-1;N", " MT-PRIORITY=9", " REQUIRETLS",
        ]
        let prologue = [
            "", "EHLO c\r\n", "EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n",
            "EHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n",
        ][depth]
        let limits = SessionLimits(transactions: 50, failedCommands: 40, probes: 40)
        for iteration in 0..<1500 {
            let configuration = switch iteration % 4 {
            case 0: SessionDriver.submission(limits)
            case 1: SessionDriver.onDemandRelay(limits)
            default: SessionDriver.mx(limits)
            }
            let driver = SessionDriver(configuration, encrypted: Bool.random(using: &random))
            driver.receive(prologue.octets)
            var received = 0
            for _ in 0..<Int.random(in: 1...30, using: &random) where !driver.isClosed {
                var octets = (words.randomElement(using: &random) ?? "").octets
                if Int.random(in: 0..<8, using: &random) == 0, !octets.isEmpty {
                    octets[Int.random(in: 0..<octets.count, using: &random)] =
                        UInt8.random(in: 0...255, using: &random)
                }
                received += octets.count
                driver.receive(octets)
                if driver.awaitsTLS {
                    driver.awaitsTLS = false
                    driver.input.clear()
                    driver.session.tlsStarted(mechanisms: ["PLAIN"])
                }
                #expect(driver.input.readableBytes <= SMTPVerb.maximumAuthenticationLine)
            }
            #expect(driver.output.readableBytes < 2000 + received * 100)
        }
    }
}
