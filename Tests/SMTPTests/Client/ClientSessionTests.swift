import MailModel
import NIOCore
import Testing

@testable import SMTP

/// What a table of lines can't show.
@Suite struct ClientSessionTests {
    private static let hello = "220 peer.example ESMTP\r\n"

    private static func ready(
        _ extensions: String..., messages: [(ClientTransaction, content: String)],
        pieceLength: Int = 1 << 20
    ) -> ClientDriver {
        var driver = ClientDriver(.init(hostname: "client.example"), messages)
        driver.pieceLength = pieceLength
        driver.receive(hello.octets)
        let lines = ["peer.example"] + extensions
        driver.receive(
            lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)\r\n" }.joined().octets)
        return driver
    }

    /// Clear text behind STARTTLS's reply (CVE-2011-0411) is not taken for TLS's.
    @Test(arguments: ["250 injected\r\n", "2"])
    func injection(text: String) {
        var driver = ClientDriver()
        driver.receive(Self.hello.octets)
        driver.receive("250-peer\r\n250 STARTTLS\r\n".octets)
        driver.receive("220 go\r\n\(text)".octets)
        #expect(driver.handshakes == 0)
        #expect(driver.failure?.error(with: "peer").status == .init(4, 5, 0))
    }

    @Test func whatWasSaidInTheClearIsForgotten() {
        var driver = ClientDriver()
        driver.receive(Self.hello.octets)
        driver.receive("250-peer\r\n250-SIZE 1\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n".octets)
        driver.receive("220 go\r\n".octets)
        #expect(driver.handshakes == 1)
        #expect(driver.session.isEncrypted)
        #expect(driver.session.capabilities == ServerCapabilities())
    }

    @Test func repliesBeforeCommands() {
        var driver = ClientDriver(.init(hostname: "client.example"), [(.to("b"), "x")])
        driver.receive("\(Self.hello)250 peer\r\n".octets)
        #expect(driver.isClosed)
        var later = Self.ready(messages: [(.to("b"), "x")])
        later.receive("250 OK\r\n250 OK\r\n".octets)
        #expect(later.results.map { $0.outcomes.map(\.brief) } == [["broken"]])
    }

    /// Two replies to one message: where they contradict each other, one of them came before the message
    /// did, and nobody knows which.
    @Test(arguments: [
        ("250 OK\r\n250 OK\r\n", "accepted 250 2.0.0"), ("250 OK\r\n451 no\r\n", "unknown"),
        ("250 OK\r\n550 no\r\n", "unknown"), ("550 no\r\n250 OK\r\n", "unknown"),
        ("550 no\r\n550 no\r\n", "refused 550 5.0.0 at the end of the message"),
        ("250 OK\r\n4", "accepted 250 2.0.0"),
    ])
    func twoFinalReplies(replies: String, expected: String) {
        var driver = Self.ready("PIPELINING", messages: [(.to("b"), "x"), (.to("c"), "x")])
        driver.receive("250 OK\r\n250 OK\r\n354 OK\r\n".octets)
        driver.receive(replies.octets)
        #expect(driver.results.map { $0.outcomes.map(\.brief) } == [[expected]])
        #expect(driver.isClosed)
    }

    /// LMTP: a reply too many makes those of all recipients doubtful.
    @Test(arguments: [
        ("250 a\r\n450 b\r\n550 c\r\n", ["accepted 250 2.0.0", "refused 450 4.0.0 at the end of the message", "refused 550 5.0.0 at the end of the message"], false),
        ("250 a\r\n250 b\r\n250 c\r\n550 d\r\n", ["unknown", "unknown", "unknown"], true),
    ])
    func repliesForEachRecipient(replies: String, expected: [String], isClosed: Bool) {
        var driver = ClientDriver(
            .init(hostname: "client.example", flavour: .lmtp), [(.to("b", "c", "d"), "x"), (.to("e"), "x")])
        driver.receive("\(Self.hello)".octets)
        driver.receive("250-peer\r\n250 PIPELINING\r\n".octets)
        driver.receive("250 OK\r\n250 OK\r\n250 OK\r\n250 OK\r\n354 OK\r\n".octets)
        driver.receive(replies.octets)
        #expect(driver.results.map { $0.outcomes.map(\.brief) } == [expected])
        #expect(driver.isClosed == isClosed)
    }

    /// It dies between its replies.
    @Test func lostBetweenRepliesForRecipients() {
        var driver = ClientDriver(
            .init(hostname: "client.example", flavour: .lmtp), [(.to("b", "c", "d"), "x")])
        driver.receive("\(Self.hello)".octets)
        driver.receive("250-peer\r\n250 PIPELINING\r\n".octets)
        driver.receive("250 OK\r\n250 OK\r\n550 no\r\n250 OK\r\n354 OK\r\n".octets)
        driver.receive("250 OK\r\n".octets)
        driver.session.fail(.lost(.dataEnd, cause: "reset"))
        driver.run()
        #expect(
            driver.results.map { $0.outcomes.map(\.brief) }
                == [["accepted 250 2.0.0", "refused 550 5.0.0 at RCPT TO", "unknown"]])
    }

    /// A reply too many before a transaction moves all that follow to the next command: when that
    /// shows, nobody knows who was refused.
    @Test func desynchronisation() {
        var driver = Self.ready("PIPELINING", messages: [(.to("b", "c"), "x")])
        driver.receive("250 stray\r\n".octets)
        driver.receive("250 MAIL\r\n550 b\r\n".octets)
        #expect(driver.results.isEmpty)
        driver.receive("250 c\r\n354 DATA\r\n".octets)
        #expect(driver.results.map { $0.outcomes.map(\.brief) } == [["broken", "broken"]])
        #expect(driver.failure?.error(with: "peer").status == .init(4, 5, 0))
    }

    /// The driver knows that some of the message has not left: no answer to it can be there.
    @Test(arguments: [("250 OK", "unknown"), ("552 too big", "refused 552 5.0.0 at the end of the message")])
    func replyBeforeTheEnd(reply: String, expected: String) {
        var driver = Self.ready(messages: [(.to("b"), "x")])
        for line in ["250 OK", "250 OK", "354 OK"] { driver.receive("\(line)\r\n".octets) }
        #expect(driver.waitsFor == .dataEnd)
        driver.session.hasUnsentContent = true
        driver.receive("\(reply)\r\n".octets)
        #expect(driver.results.map { $0.outcomes.map(\.brief) } == [[expected]])
    }

    /// A session whose host waits for the message.
    private static func sendingContent(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPClientSession {
        var session = SMTPClientSession(.init(hostname: "c"), isEncrypted: true)
        input.writeString(hello)
        _ = session.next(&input, &output)
        input.writeString("250 peer\r\n")
        #expect(session.next(&input, &output) == .ready)
        session.begin(.to("b"))
        for line in ["250 OK", "250 OK", "354 OK"] {
            _ = session.next(&input, &output)
            input.writeString("\(line)\r\n")
        }
        #expect(session.next(&input, &output) == .sendContent)
        return session
    }

    /// Part of a stray reply must not become the begin of the final one.
    @Test func halfAReplyWithinContent() {
        var input = ByteBuffer()
        var output = ByteBuffer()
        var session = Self.sendingContent(&input, &output)
        input.writeString("25")
        #expect(session.next(&input, &output) == .read(.content))
        input.writeString("0 OK\r\n")
        guard case .finished(let result) = session.next(&input, &output) else {
            Issue.record("not finished")
            return
        }
        #expect(result.outcomes.map(\.brief) == ["broken"])
    }

    /// A refusal whose text never ends is one, and the session's end.
    @Test func refusalWithoutEnd() {
        var driver = Self.ready("PIPELINING", messages: [(.to("b", "c"), "x")])
        driver.receive("250 OK\r\n".octets)
        driver.receive(String(repeating: "550-5.1.1 no\r\n", count: 600).octets)
        #expect(
            driver.results.map { $0.outcomes.map(\.brief) } == [["refused 550 5.1.1 at RCPT TO", "broken"]])
        #expect(driver.isClosed)
        #expect(driver.results[0].outcomes[0].error(with: "peer")?.text.utf8.count ?? 0 <= 400)
    }

    /// The reply counts all the same.
    @Test func moreThanTheFinalReply() {
        var driver = Self.ready("PIPELINING", messages: [(.to("b"), "x")])
        driver.receive("250 OK\r\n250 OK\r\n354 OK\r\n".octets)
        driver.receive("250 OK\r\n421 bye\r\n".octets)
        #expect(driver.results.map { $0.outcomes.map(\.brief) } == [["accepted 250 2.0.0"]])
        #expect(driver.isClosed)
    }

    @Test func idleConnectionIsClosed() {
        var session = SMTPClientSession(.init(hostname: "c"), isEncrypted: true)
        var input = ByteBuffer(string: Self.hello)
        var output = ByteBuffer()
        #expect(session.next(&input, &output) == .read(.hello))
        input.writeString("250 peer\r\n")
        #expect(session.next(&input, &output) == .ready)
        input.writeString("421 4.4.2 idle")
        #expect(session.next(&input, &output) == .read(.idle))
        input.writeString(" too long\r\n")
        guard case .closed(.refused(let reply, .idle)) = session.next(&input, &output) else {
            Issue.record("not closed")
            return
        }
        #expect(reply.code == 421)
    }

    // MARK: Broken connections

    /// At each point of a transaction; only behind the whole message may it have been delivered.
    @Test(arguments: [
        (0, false, "broken, broken"), (1, false, "broken, broken"), (2, false, "broken, broken"),
        (3, false, "broken, refused 550 5.0.0 at RCPT TO"),
        (4, true, "unknown, refused 550 5.0.0 at RCPT TO"),
    ])
    func lost(replies: Int, isSent: Bool, expected: String) {
        for failure in [SMTPClientFailure.timeout(.mail), .lost(.mail, cause: "reset")] {
            var driver = Self.ready(messages: [(.to("b", "c"), "x")])
            for reply in ["250 OK", "250 OK", "550 no", "354 OK"].prefix(replies) {
                driver.receive("\(reply)\r\n".octets)
            }
            #expect(driver.takeOutput().hasSuffix("\r\n.\r\n") == isSent)
            driver.session.fail(failure)
            driver.run()
            #expect(driver.results.map { $0.outcomes.map(\.brief).joined(separator: ", ") } == [expected])
            #expect(driver.failure == failure)
        }
    }

    /// A server that breaks off says why; "250" it can't mean.
    @Test(arguments: [
        ("552 5.3.4 too big", "refused 552 5.3.4 at the message's content"),
        ("421 4.3.0 bye", "refused 421 4.3.0 at the message's content"), ("250 OK", "broken"),
    ])
    func replyWithinContent(reply: String, expected: String) {
        var input = ByteBuffer()
        var output = ByteBuffer()
        var session = Self.sendingContent(&input, &output)
        session.encode(ByteBuffer(string: "half of"), isLast: false, &output)
        input.writeString("\(reply)\r\n")
        guard case .finished(let result) = session.next(&input, &output) else {
            Issue.record("not finished")
            return
        }
        #expect(result.outcomes.map(\.brief) == [expected])
        guard case .closed = session.next(&input, &output) else {
            Issue.record("not closed")
            return
        }
    }

    // MARK: Chunks

    @Test func chunksGoWithoutWaiting() {
        var driver = Self.ready(
            "PIPELINING", "CHUNKING", messages: [(.to("b", size: 100_000), "0123456789ABCDEF")], pieceLength: 2)
        _ = driver.takeOutput()
        driver.receive("250 OK\r\n250 OK\r\n".octets)
        // Four without a reply.
        #expect(driver.takeOutput() == "BDAT 2\r\n01BDAT 2\r\n23BDAT 2\r\n45BDAT 2\r\n67")
        #expect(driver.waitsFor == .content)
        driver.receive("250 OK\r\n".octets)
        #expect(driver.takeOutput() == "BDAT 2\r\n89")
        driver.receive("250 OK\r\n250 OK\r\n250 OK\r\n".octets)
        #expect(driver.takeOutput() == "BDAT 2\r\nABBDAT 2\r\nCDBDAT 4 LAST\r\nEF\r\n")
        driver.receive("250 OK\r\n250 OK\r\n250 OK\r\n".octets)
        #expect(driver.waitsFor == .dataEnd)
        driver.receive("250 OK\r\n".octets)
        #expect(driver.results.first?.outcomes.map(\.brief) == ["accepted 250 2.0.0"])
    }

    @Test func refusedChunkEndsTheMessage() {
        var driver = Self.ready(
            "CHUNKING", messages: [(.to("b"), "0123456789"), (.to("b"), "x")], pieceLength: 2)
        driver.receive("250 OK\r\n".octets)
        driver.receive("250 OK\r\n".octets)
        _ = driver.takeOutput()
        driver.receive("552 5.3.4 no\r\n".octets)
        #expect(driver.takeOutput() == "RSET\r\n")
        #expect(driver.results.first?.outcomes.map(\.brief) == ["refused 552 5.3.4 at the message's content"])
        driver.receive("250 OK\r\n".octets)
        #expect(driver.takeOutput() == "MAIL FROM:<a@client.example>\r\n")
    }

    /// A host that has been sent the whole message may deliver it, whatever it has said so far.
    @Test(arguments: [
        ([], true, "unknown, unknown"), (["250 OK"], true, "unknown, unknown"),
        (["250 OK", "550 no"], true, "refused 550 5.0.0 at RCPT TO, unknown"),
        (["250 OK", "550 no", "550 no"], false, nil),
        (["550 no"], false, nil),
    ] as [([String], Bool, String?)])
    func messageBehindItsCommands(replies: [String], mayHave: Bool, lost: String?) {
        var driver = Self.ready("PIPELINING", "CHUNKING", messages: [(.to("b", "c"), "x")])
        #expect(driver.takeOutput().hasSuffix("BDAT 3 LAST\r\nx\r\n"))
        for reply in replies { driver.receive("\(reply)\r\n".octets) }
        #expect(driver.waitsFor != .dataEnd || !mayHave)
        #expect(driver.session.mayHaveMessage == mayHave)
        guard let lost else { return }
        driver.session.fail(.lost(.mail, cause: "reset"))
        driver.run()
        #expect(driver.results.map { $0.outcomes.map(\.brief).joined(separator: ", ") } == [lost])
    }

    @Test func lastChunkBehindUnansweredOnes() {
        var driver = Self.ready(
            "PIPELINING", "CHUNKING", messages: [(.to("b", size: 100_000), "0123")], pieceLength: 2)
        #expect(!driver.session.mayHaveMessage)
        driver.receive("250 OK\r\n250 OK\r\n".octets)
        #expect(driver.takeOutput().hasSuffix("BDAT 4 LAST\r\n23\r\n"))
        #expect(driver.waitsFor == .content)
        #expect(driver.session.mayHaveMessage)
        driver.session.fail(.timeout(.content))
        driver.run()
        #expect(driver.results.map { $0.outcomes.map(\.brief) } == [["unknown"]])
    }

    @Test func binary() {
        var driver = Self.ready(
            "BINARYMIME", "CHUNKING",
            messages: [(ClientTransaction.to("b").with { $0.body = .binaryMIME }, "a\r\n.\n\rb")])
        #expect(driver.takeOutput().hasSuffix(" BODY=BINARYMIME\r\n"))
        driver.receive("250 OK\r\n".octets)
        driver.receive("250 OK\r\n".octets)
        #expect(driver.takeOutput().hasSuffix("BDAT 7 LAST\r\na\r\n.\n\rb"))
    }

    // MARK: Groups

    /// Never more in flight than a send buffer holds, and all in the end.
    @Test func manyRecipients() {
        let names = (0..<1000).map { "recipient-number-\($0)" }
        var driver = Self.ready("PIPELINING", "LIMITS RCPTMAX=1000", messages: [(.to(names), "x")])
        var sent = 0
        while driver.results.isEmpty {
            let output = driver.takeOutput()
            #expect(output.utf8.count <= (16 << 10) + 1024)
            var replies = ""
            for command in output.split(separator: "\r\n") {
                if command.hasPrefix("RCPT") { sent += 1 }
                switch command {
                case "EHLO client.example", "x": break
                case "DATA": replies += "354 OK\r\n"
                default: replies += "250 OK\r\n"
                }
            }
            driver.receive(replies.octets)
        }
        #expect(sent == 1000)
        #expect(driver.results[0].outcomes.allSatisfy { $0.brief == "accepted 250 2.0.0" })
    }

    @Test func recipientsWithoutALimit() {
        let driver = Self.ready(messages: [(.to((0..<150).map { "r\($0)" }), "x")])
        let outcomes = driver.session.transaction?.outcomes ?? []
        #expect(outcomes.count { $0 == nil } == 100)
        #expect(outcomes.suffix(50).allSatisfy { $0 == .notTried })
    }

    @Test func responsibilityForReports() {
        for (word, isTaken) in [("DSN", true), ("SIZE", false)] {
            var driver = Self.ready(word, messages: [(.to("b"), "x")])
            for reply in ["250 OK", "250 OK", "354 OK", "250 OK"] { driver.receive("\(reply)\r\n".octets) }
            #expect(driver.results.first?.peerReportsSuccess == isTaken)
        }
    }
}
