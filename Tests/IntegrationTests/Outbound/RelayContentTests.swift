import Foundation
import Testing
import TestSupport

/// What peers get of a message's octets.
@Suite(.ownThreads) struct RelayContentTests {
    let server: RunningMartlet

    init() throws { server = try OutboundServer.shared.get() }

    private static let everything =
        "PIPELINING,SIZE 50000000,8BITMIME,BINARYMIME,CHUNKING,SMTPUTF8,DSN,ENHANCEDSTATUSCODES"

    @Test(arguments: [
        "PIPELINING,SIZE 50000000,8BITMIME,ENHANCEDSTATUSCODES", "", "8BITMIME", everything,
        "CHUNKING,SIZE",
    ])
    func sizesAndDots(_ keywords: String) throws {
        let sink = try Sink(["--keywords", keywords])
        let domain = try server.domain(to: sink)
        let line = ".\r\n..\r\n...a line with dots.\r\n.and more\r\n" + String(repeating: "x", count: 900) + "\r\n"
        for count in [1, 4, 5400] {
            let message = "Subject: \(count)\r\n\r\n" + String(repeating: line, count: count) + "last"
            try server.deliver(to: ["a@\(domain)"], message.replacing("\r\n.", with: "\r\n.."))
            let got = try #require(
                try eventually { try sink.messages(0).first { $0.lines.contains("Subject: \(count)") } }
                    .content)
            #expect(got.hasPrefix("Received: "))
            #expect(got.suffix(message.utf8.count + 2).elementsEqual(Data((message + "\r\n").utf8)))
        }
        let commands = try sink.commands()
        #expect(commands.contains { $0.hasPrefix("DATA") } != keywords.contains("CHUNKING"))
        #expect(commands.contains { $0.contains(" SIZE=") } == keywords.contains("SIZE"))
        #expect(!commands.contains { $0.contains("BODY=BINARYMIME") || $0.contains("SMTPUTF8") })
    }

    @Test func servesAHostWithoutExtensions() throws {
        let sink = try Sink(["--rule", "ehlo EHLO * 502 5.5.1 No such thing"])
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: old\r\n\r\nbody")
        let message = try sink.messages()[0]
        #expect(message.lines.suffix(4) == ["Subject: old", "", "body", ""])
        #expect(try sink.commands().contains("HELO mail.example.org"))
        #expect(message.mail == "MAIL FROM:<sender@elsewhere.example>")
    }

    @Test(arguments: [
        ("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit", "Grüße\r\n.\r\nÄ = ö \r\n"),
        ("Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: 8bit", "\u{80}\u{81}ÿ\r\n"),
        ("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit",
            String(repeating: "größer ", count: 4000) + "\r\n"),
    ])
    func eightBitsToASevenBitHost(_ header: String, _ body: String) throws {
        let sink = try Sink(["--keywords", "PIPELINING"])
        let domain = try server.domain(to: sink)
        // A line may be too long for SMTP once it is converted, or not, before it never.
        let folded = body.count > 900 ? body.replacing("größer größer größer größer ", with: "größer größer größer größer\r\n") : body
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example> BODY=8BITMIME", "250")
        try client.expect("RCPT TO:<a@\(domain)>", "250")
        try client.expect("DATA", "354")
        try client.expect("MIME-Version: 1.0\r\n\(header)\r\n\r\n\(folded.replacing("\r\n.", with: "\r\n.."))\r\n.", "250")
        let message = try sink.messages()[0]
        #expect(message.content?.allSatisfy { $0 < 0x80 } == true)
        #expect(message.lines.allSatisfy { $0.utf8.count <= 998 })
        #expect(message.mail?.contains("BODY") == false)
        #expect(try MailTool.contents(message.lines).first?.starts(with: Array(folded.utf8)) == true)
    }

    @Test func nestedPartsToASevenBitHost() throws {
        let sink = try Sink(["--keywords", "PIPELINING"])
        let domain = try server.domain(to: sink)
        let inner = "From: a@b.example\r\nSubject: inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nÜber\r\n"
        let text = """
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            Öl
            --b
            Content-Type: message/rfc822
            Content-Transfer-Encoding: 8bit

            \(inner.replacing("\r\n", with: "\n"))--b
            Content-Type: text/plain

            plain
            --b--
            """.replacing("\n", with: "\r\n")
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example> BODY=8BITMIME", "250")
        try client.expect("RCPT TO:<a@\(domain)>", "250")
        try client.expect("DATA", "354")
        try client.expect(text + "\r\n.", "250")
        let message = try sink.messages()[0]
        #expect(message.content?.allSatisfy { $0 < 0x80 } == true)
        let parts = try MailTool.contents(message.lines).map { String(decoding: $0, as: UTF8.self) }
        #expect(parts.map { $0.trimmingCharacters(in: .newlines) } == ["Öl", "Über", "plain"])
    }

    @Test func eightBitsAndBinaryAsTheyAre() throws {
        let sink = try Sink(["--keywords", Self.everything])
        let domain = try server.domain(to: sink)
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example> BODY=8BITMIME", "250")
        try client.expect("RCPT TO:<a@\(domain)>", "250")
        try client.expect("DATA", "354")
        try client.expect("Subject: x\r\n\r\nGrüße\r\n.", "250")
        let first = try sink.messages()[0]
        #expect(first.mail?.contains(" BODY=8BITMIME") == true && first.lines.suffix(2) == ["Grüße", ""])

        let octets = Array("Content-Transfer-Encoding: binary\r\n\r\n".utf8) + (0...255).map(UInt8.init) + [10, 13, 0]
        try client.expect("MAIL FROM:<a@elsewhere.example> BODY=BINARYMIME", "250")
        try client.expect("RCPT TO:<b@\(domain)>", "250")
        try client.send(Array("BDAT \(octets.count) LAST\r\n".utf8) + octets)
        #expect(try client.reply().hasPrefix("250"))
        let second = try sink.messages(2)[1]
        #expect(second.mail?.contains(" BODY=BINARYMIME") == true)
        #expect(second.content?.suffix(octets.count).elementsEqual(octets) == true)
    }

    /// Binary mail has no lines: for a host without BINARYMIME it is converted, and comes out the same.
    @Test func binaryToASevenBitHost() throws {
        let sink = try Sink(["--keywords", "8BITMIME"])
        let domain = try server.domain(to: sink)
        let body = (0...255).map(UInt8.init) + [10, 13, 0, 46, 13, 10, 46, 13, 10]
        let octets = Array("MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n".utf8) + body
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example> BODY=BINARYMIME", "250")
        try client.expect("RCPT TO:<b@\(domain)>", "250")
        try client.send(Array("BDAT \(octets.count) LAST\r\n".utf8) + octets)
        #expect(try client.reply().hasPrefix("250"))
        #expect(try MailTool.contents(try sink.messages()[0].lines) == [body])
    }

    /// Whatever a client smuggles in, peers see one message, and its dots are doubled.
    @Test(arguments: ["\\n.\\n", "\\r.\\r", "\\n.\\r\\n", "\\r\\n.\\n", "\\r.\\r\\n", "\\r\\n.\\r"])
    func nothingIsSmuggledOut(_ end: String) throws {
        let sink = try Sink()
        let domain = try server.domain(to: sink)
        let inner = "MAIL FROM:<forged@example.org>\r\nRCPT TO:<x@\(domain)>\r\nDATA\r\nSubject: forged\r\n\r\n"
        let client = try server.smtp(.mx)
        try client.expect("MAIL FROM:<a@elsewhere.example>", "250")
        try client.expect("RCPT TO:<a@\(domain)>", "250")
        try client.expect("DATA", "354")
        try client.send(Array("Subject: outer\r\n\r\nbody".utf8) + Talk.octets(end) + Array(inner.utf8) + Array("\r\n.\r\n".utf8))
        #expect(try client.reply().hasPrefix("250"))
        let message = try sink.messages()[0]
        #expect(message.lines.contains("Subject: forged"))
        #expect(!(try sink.commands().contains { $0.contains("forged") }))
        let bare = message.lines.contains { $0.contains("\n") || $0.contains("\r") }
        #expect(!bare)
        #expect(try sink.messages().count == 1)
    }
}

extension Data {
    fileprivate func hasPrefix(_ text: String) -> Bool { starts(with: Data(text.utf8)) }
}
