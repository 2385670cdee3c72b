import Foundation
import Testing
import TestSupport

/// APPEND in all its forms, and REPLACE.
@Suite(.ownThreads) struct IMAPMessagesAppendTests {
    private static let message = "Subject: a\r\n\r\nb"

    @Test func oneMessage() throws {
        let (client, _) = try IMAPMessagesFetchTests.filled([])
        let reply = try client.ok("APPEND INBOX (\\Seen) {15+}\r\n\(Self.message)")
        #expect(reply.contains("* 1 EXISTS"), "\(reply)")
        #expect(IMAPMessagesClient.code(reply.last!, "APPENDUID").last == "1")
        #expect(try client.begin("APPEND INBOX {15}").hasPrefix("+ "))
        try client.client.send(Self.message + "\r\n")
        #expect(try client.answer().last?.hasPrefix("OK [APPENDUID ") == true)
        #expect(try client.text("FETCH 2 BODY.PEEK[]") == "* 2 FETCH (BODY[] {15}\r\n\(Self.message))")
    }

    @Test func refusedBeforeTheLiteral() throws {
        let (client, _) = try IMAPMessagesFetchTests.filled([])
        #expect(try client.begin("APPEND Nowhere {15}").contains("NO [TRYCREATE]"))
        #expect(try client.begin("APPEND INBOX {4000000000}").contains("NO [TOOBIG]"))
        #expect(try client.begin("APPEND INBOX {0}").contains("NO"))
        // What need not be waited for is passed over.
        try client.no("APPEND Nowhere {15+}\r\n\(Self.message)", "NO [TRYCREATE]")
        try client.no("APPEND INBOX {15+}\r\nSubject: a\r\n\r\n\0", "BAD")
        try client.no("APPEND INBOX (\\Nonsense) {15+}\r\n\(Self.message)", "BAD")
        try client.ok("NOOP")
        #expect(try client.text("STATUS INBOX (MESSAGES)") == "* STATUS INBOX (MESSAGES 0)")
    }

    @Test func octetsOfTheMessage() throws {
        let (client, _) = try IMAPMessagesFetchTests.filled([])
        try client.ok("APPEND INBOX {12+}\r\nA: b\n\nc\nd\r\ne")
        #expect(try client.text("FETCH 1 BODY.PEEK[]") == "* 1 FETCH (BODY[] {15}\r\nA: b\r\n\r\nc\r\nd\r\ne)")
        try client.ok("APPEND INBOX ~{9+}\r\nA: b\r\n\r\n\0")
        let text = try client.ok("FETCH 2 BINARY.PEEK[1]")[0...1].joined(separator: "\r\n")
        #expect(text == "* 2 FETCH (BINARY[1] ~{1}\r\n\0)", "\(text.utf8.map { $0 })")
    }

    @Test func allOrNone() throws {
        let (client, _) = try IMAPMessagesFetchTests.filled([])
        let reply = try client.ok("APPEND INBOX {15+}\r\n\(Self.message) (\\Flagged) {15+}\r\n\(Self.message)")
        #expect(IMAPMessagesClient.code(reply.last!, "APPENDUID").last == "1:2")
        try client.no("APPEND INBOX {15+}\r\n\(Self.message) {15+}\r\nSubject: a\r\n\r\n\0", "BAD")
        try client.no("APPEND INBOX {15+}\r\n\(Self.message) {0+}\r\n", "NO")
        #expect(try client.text("STATUS INBOX (MESSAGES)").hasSuffix("(MESSAGES 2)"))
    }

    @Test func disconnectLeavesNothing() throws {
        let (client, user) = try IMAPMessagesFetchTests.filled([])
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user, select: nil)
        try other.client.send("x APPEND INBOX {100000+}\r\n" + String(repeating: "y", count: 5000))
        other.client.halfClose()
        _ = try other.client.rest()
        #expect(try client.text("STATUS INBOX (MESSAGES)").hasSuffix("(MESSAGES 0)"))
    }

    @Test func catenate() throws {
        let (client, _) = try IMAPMessagesFetchTests.filled([IMAPMessagesFetchTests.mixed])
        let validity = IMAPMessagesClient.code(try client.ok("COPY 1 Drafts").last!, "COPYUID")[0]
        try client.ok("""
            APPEND INBOX (\\Seen) CATENATE (URL "/INBOX;UIDVALIDITY=\(try Self.validity(client))/;UID=1/;SECTION=HEADER" \
            TEXT {7+}\r\nhello\r\n URL "/Drafts;uidvalidity=\(validity)/;uid=1/;section=2/;partial=0.4" TEXT {2+}\r\n\r\n)
            """)
        let header = IMAPMessagesFetchTests.mixed.components(separatedBy: "preamble")[0]
        let whole = header + "hello\r\nAAEC\r\n"
        #expect(try client.text("FETCH 2 BODY.PEEK[]") == "* 2 FETCH (BODY[] {\(whole.utf8.count)}\r\n\(whole))")
        for url in [
            "/INBOX;UIDVALIDITY=1/;UID=1", "/Nowhere/;UID=1", "/INBOX/;UID=99",
            "/INBOX/;UID=1/;SECTION=9", "imap://else.example/INBOX/;UID=1", "nonsense",
        ] {
            try client.no("APPEND INBOX CATENATE (URL \"\(url)\" TEXT {1+}\r\nx)", "NO [BADURL \"\(url)\"]")
        }
        #expect(try client.text("STATUS INBOX (MESSAGES)").hasSuffix("(MESSAGES 2)"))
    }

    @Test func replace() throws {
        let (client, _) = try IMAPMessagesFetchTests.filled((1...3).map { "A: b\r\n\r\n\($0)" })
        let lines = try client.ok("REPLACE 2 INBOX {15+}\r\n\(Self.message)")
        #expect(lines.contains { $0.hasPrefix("* OK [APPENDUID ") }, "\(lines)")
        #expect(lines.contains("* 2 EXPUNGE"))
        #expect(try client.text("FETCH 1:* UID") == "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 3)\r\n* 3 FETCH (UID 4)")
        try client.ok("UID REPLACE 1 Drafts {15+}\r\n\(Self.message)")
        #expect(try client.text("FETCH 1:* UID") == "* 1 FETCH (UID 3)\r\n* 2 FETCH (UID 4)")
        try client.no("UID REPLACE 1 INBOX {15+}\r\n\(Self.message)", "NO")
        try client.no("REPLACE 1 Nowhere {15+}\r\n\(Self.message)", "NO [TRYCREATE]")
        #expect(try client.text("FETCH 1:* UID") == "* 1 FETCH (UID 3)\r\n* 2 FETCH (UID 4)")
    }

    private static func validity(_ client: IMAPMessagesClient) throws -> Substring {
        try client.text("STATUS INBOX (UIDVALIDITY)").components(separatedBy: "UIDVALIDITY ")[1].prefix { $0 != ")" }
    }
}
