import MailModel
import NIOCore
import Testing

@testable import SMTP

@Suite struct ReplyReaderTests {
    private static func read(_ text: String) -> [ReplyReader.Event] {
        var reader = ReplyReader()
        var input = ByteBuffer(string: text)
        var events: [ReplyReader.Event] = []
        while true {
            let event = reader.next(&input)
            events.append(event)
            guard case .reply = event else { return events }
        }
    }

    @Test(arguments: [
        ("250 OK\r\n", "250 2.0.0 OK"), ("250\r\n", "250 2.0.0 "), ("250 OK\n", "250 2.0.0 OK"),
        ("550 5.1.1 No such user\r\n", "550 5.1.1 No such user"),
        ("550-5.1.1 No such\r\n550 5.1.1 user\r\n", "550 5.1.1 No such user"),
        // A status of another class, or none.
        ("450 5.1.1 x\r\n", "450 4.0.0 5.1.1 x"), ("550 5.1 x\r\n", "550 5.0.0 5.1 x"),
        ("550 5.1.1x\r\n", "550 5.0.0 5.1.1x"), ("550 5.999999.1 x\r\n", "550 5.0.0 5.999999.1 x"),
        ("554 5.7.1\r\n", "554 5.7.1 "),
        // The last code counts.
        ("250-a\r\n550 b\r\n", "550 5.0.0 a b"),
        ("220 a\u{0}\u{1b}[31mb\u{7f}\r\n", "220 2.0.0 a??[31mb?"), ("220 \u{e9}\r\n", "220 2.0.0 ??"),
    ])
    func reply(text: String, expected: String) {
        guard case .reply(let reply) = Self.read(text).first else {
            Issue.record("no reply: \(text)")
            return
        }
        #expect("\(reply)" == expected)
    }

    @Test(arguments: [
        "", "2", "250", "250 O", "250 OK\r", "250-OK\r\n", "250-OK\r\n25", String(repeating: "2", count: 4095),
    ])
    func incomplete(text: String) { #expect(Self.read(text) == [.needsMore]) }

    @Test(arguments: [
        "\r\n", "OK\r\n", "25\r\n", "2500 x\r\n", "250OK\r\n", "150 x\r\n", "600 x\r\n", " 250 x\r\n", "25O x\r\n",
        "250-a\r\nb\r\n", String(repeating: "2", count: 4096), "250 " + String(repeating: "x", count: 5000) + "\r\n",
        String(repeating: "250-x\r\n", count: 501), String(repeating: "250-" + String(repeating: "x", count: 4000) + "\r\n", count: 17),
    ])
    func malformed(text: String) {
        guard case .malformed = Self.read(text).last else {
            Issue.record("\(text.prefix(40))")
            return
        }
    }

    /// The verdict is in each line, and what comes behind the limits is not.
    @Test(arguments: [
        (String(repeating: "550-5.7.1 x\r\n", count: 501), "550 5.7.1 x"),
        (String(repeating: "550-" + String(repeating: "x", count: 4000) + "\r\n", count: 17), "550 5.0.0 x"),
        ("451 4.3.0 " + String(repeating: "x", count: 5000), "451 4.3.0 x"),
        ("550-5.1.1 a\r\n550 " + String(repeating: "x", count: 5000), "550 5.1.1 a x"),
    ])
    func refusalWithoutEnd(text: String, expected: String) {
        guard case .cut(let reply) = Self.read(text).last else {
            Issue.record("\(text.prefix(40))")
            return
        }
        #expect("\(reply)".hasPrefix(expected))
        #expect("\(reply)".utf8.count < 450)
    }

    @Test(arguments: [
        "550-a\r\n" + String(repeating: "250-x\r\n", count: 500), "250-a\r\n" + String(repeating: "550-x\r\n", count: 500),
        "250-a\r\n550 " + String(repeating: "x", count: 5000), "550x" + String(repeating: "x", count: 5000),
        "354 " + String(repeating: "x", count: 5000),
    ])
    func noVerdict(text: String) {
        guard case .malformed = Self.read(text).last else {
            Issue.record("\(text.prefix(40))")
            return
        }
    }

    @Test func textIsBounded() {
        let reply = ServerReply(code: 550, lines: Array(repeating: String(repeating: "x", count: 300), count: 9))
        #expect(reply.error(from: "mx.example", to: .recipient).text.utf8.count < 450)
    }

    @Test(arguments: [
        (552, SMTPClientStage.recipient, 452, 4), (552, .mail, 552, 5), (552, .dataEnd, 552, 5),
        (554, .greeting, 454, 4), (521, .greeting, 521, 5), (535, .authentication, 435, 4), (550, .recipient, 550, 5),
        (451, .recipient, 451, 4),
    ])
    func errors(code: UInt16, stage: SMTPClientStage, expected: UInt16, statusClass: UInt8) {
        let error = ServerReply(code: code, lines: ["x"]).error(from: "mx.example", to: stage)
        #expect(error.code == expected)
        #expect(error.status.statusClass == statusClass)
        #expect(error.text == "x")
        #expect(error.reportedBy == "mx.example")
    }
}
