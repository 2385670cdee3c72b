import Foundation
import Testing
import TestSupport

/// FETCH over the wire.
@Suite(.ownThreads) struct IMAPMessagesFetchTests {
    static let inner = "From: inner@example.org\r\nSubject: inner\r\n\r\ninner text\r\n"
    static let mixed = """
        From: Fred <fred@example.org>\r
        To: a@example.org,\r
         b@example.org\r
        Subject: Mixed\r
        X-Long: one\r
        \ttwo\r
        MIME-Version: 1.0\r
        Content-Type: multipart/mixed; boundary=b1\r
        \r
        preamble\r
        --b1\r
        Content-Type: text/plain\r
        \r
        first\r
        --b1\r
        Content-Type: application/octet-stream\r
        Content-Transfer-Encoding: base64\r
        \r
        AAECAwQ=\r
        --b1\r
        Content-Type: message/rfc822\r
        \r
        \(inner)\r
        --b1\r
        Content-Type: text/plain\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        a=3Db=\r
        c\r
        --b1\r
        Content-Type: text/plain\r
        Content-Transfer-Encoding: x-unknown\r
        \r
        zzz\r
        --b1--\r
        epilogue\r\n
        """

    @Test(arguments: [
        ("BODY.PEEK[HEADER.FIELDS (SUBJECT To)]", "BODY[HEADER.FIELDS (SUBJECT To)]", "To: a@example.org,\r\n b@example.org\r\nSubject: Mixed\r\n\r\n"),
        ("BODY.PEEK[HEADER.FIELDS (Nothing)]", "BODY[HEADER.FIELDS (Nothing)]", "\r\n"),
        ("BODY.PEEK[HEADER.FIELDS.NOT (From To Subject MIME-Version Content-Type)]", "BODY[HEADER.FIELDS.NOT (From To Subject MIME-Version Content-Type)]", "X-Long: one\r\n\ttwo\r\n\r\n"),
        ("BODY.PEEK[1]", "BODY[1]", "first"),
        ("BODY.PEEK[1.MIME]", "BODY[1.MIME]", "Content-Type: text/plain\r\n\r\n"),
        ("BODY.PEEK[2]", "BODY[2]", "AAECAwQ="),
        ("BODY.PEEK[3]", "BODY[3]", inner),
        ("BODY.PEEK[3.HEADER]", "BODY[3.HEADER]", "From: inner@example.org\r\nSubject: inner\r\n\r\n"),
        ("BODY.PEEK[3.HEADER.FIELDS (subject)]", "BODY[3.HEADER.FIELDS (subject)]", "Subject: inner\r\n\r\n"),
        ("BODY.PEEK[3.TEXT]", "BODY[3.TEXT]", "inner text\r\n"),
        ("BODY.PEEK[3.1]", "BODY[3.1]", "inner text\r\n"),
        ("BODY.PEEK[1]<1.3>", "BODY[1]<1>", "irs"),
        ("BODY.PEEK[1]<3.100>", "BODY[1]<3>", "st"),
        ("BODY.PEEK[1]<100.10>", "BODY[1]<100>", ""),
        ("BODY.PEEK[]<0.5>", "BODY[]<0>", "From:"),
        ("BINARY.PEEK[4]", "BINARY[4]", "a=bc"),
        ("BINARY.PEEK[4]<1.2>", "BINARY[4]<1>", "=b"),
        ("RFC822.TEXT", "RFC822.TEXT", String(mixed[mixed.range(of: "preamble")!.lowerBound...])),
        ("RFC822", "RFC822", mixed),
        ("BODY[]", "BODY[]", mixed),
    ])
    func section(_ item: String, _ name: String, _ octets: String) throws {
        let (client, _) = try Self.filled([Self.mixed])
        let text = try client.text("FETCH 1 (\(item))")
        #expect(text.hasPrefix("* 1 FETCH (\(name) {\(octets.utf8.count)}\r\n\(octets)"), "\(text)")
        #expect(text.hasSuffix(")"))
    }

    @Test func whatIsNotThere() throws {
        let (client, _) = try Self.filled([Self.mixed])
        #expect(try client.text("FETCH 1 BODY.PEEK[9]") == "* 1 FETCH (BODY[9] NIL)")
        #expect(try client.text("FETCH 1 BODY.PEEK[1.HEADER]") == "* 1 FETCH (BODY[1.HEADER] NIL)")
        #expect(try client.text("UID FETCH 4711 FLAGS") == "")
        try client.no("FETCH 2 FLAGS", "BAD")
        try client.no("FETCH 1 BINARY.PEEK[5]", "NO [UNKNOWN-CTE]")
        #expect(try client.text("FETCH 1 BINARY.SIZE[2]") == "* 1 FETCH (BINARY.SIZE[2] 5)")
        let binary = try client.text("FETCH 1 BINARY.PEEK[2]")
        #expect(binary == "* 1 FETCH (BINARY[2] ~{5}\r\n\0\u{1}\u{2}\u{3}\u{4})")
    }

    @Test func itemsOfTheMailbox() throws {
        let (client, _) = try Self.filled([])
        try client.append("Subject: x\r\n\r\nbody", to: "INBOX", "(\\Flagged $Custom) \"17-Jul-1996 02:44:25 -0700\" ")
        let text = try client.text("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE EMAILID THREADID SAVEDATE MODSEQ)")
        #expect(text.contains("UID 1 FLAGS (\\Flagged $Custom) INTERNALDATE \"17-Jul-1996 09:44:25 +0000\" RFC822.SIZE 18 EMAILID (M"), "\(text)")
        #expect(text.contains(" THREADID (TM"), "\(text)")
        #expect(text.contains(") SAVEDATE \""))
        let all = try client.text("FETCH 1 (ENVELOPE BODY BODYSTRUCTURE PREVIEW)")
        #expect(all.contains("ENVELOPE (NIL \"x\" NIL"), "\(all)")
        #expect(all.contains("BODY (\"text\" \"plain\""), "\(all)")
        #expect(all.contains("PREVIEW \"body\""), "\(all)")
    }

    @Test func readingSetsSeen() throws {
        let (client, user) = try Self.filled(["A: b\r\n\r\n1", "A: b\r\n\r\n2", "A: b\r\n\r\n3"])
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user)
        #expect(try client.text("FETCH 1 BODY.PEEK[TEXT]") == "* 1 FETCH (BODY[TEXT] {1}\r\n1)")
        #expect(try client.text("FETCH 1 BODY[TEXT]") == "* 1 FETCH (BODY[TEXT] {1}\r\n1 FLAGS (\\Seen))")
        #expect(try client.text("FETCH 1 BODY[TEXT]") == "* 1 FETCH (BODY[TEXT] {1}\r\n1)")
        #expect(try client.text("FETCH 2 (FLAGS BODY[TEXT])") == "* 2 FETCH (FLAGS (\\Seen) BODY[TEXT] {1}\r\n2)")
        #expect(try client.text("NOOP") == "", "what was told is not told again")
        #expect(try other.text("NOOP") == "* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS (\\Seen))")
        try client.ok("EXAMINE INBOX")
        #expect(try client.text("FETCH 3 BODY[TEXT]") == "* 3 FETCH (BODY[TEXT] {1}\r\n3)")
        #expect(try client.text("FETCH 3 FLAGS") == "* 3 FETCH (FLAGS ())")
    }

    /// RFC 7162 section 3.2.4: with the UID and the mod-sequence, whatever was asked for.
    @Test(arguments: [
        ("FETCH 1 BODY[TEXT]", "BODY[TEXT] {1}\r\n1 FLAGS (\\Seen) MODSEQ (# UID 1"),
        ("FETCH 1 (FLAGS BODY[TEXT])", "FLAGS (\\Seen) BODY[TEXT] {1}\r\n1 MODSEQ (# UID 1"),
        ("UID FETCH 1 (MODSEQ BODY[TEXT])", "UID 1 MODSEQ (# BODY[TEXT] {1}\r\n1 FLAGS (\\Seen)"),
    ])
    func readingWithQRESYNC(_ command: String, _ items: String) throws {
        let (client, _) = try Self.filled(["A: b\r\n\r\n1"])
        try client.ok("ENABLE QRESYNC")
        let text = try client.text(command).replacing(/MODSEQ \(\d+\)/, with: "MODSEQ (#")
        #expect(text == "* 1 FETCH (\(items))")
    }

    /// RFC 9051 section 7.5.2.
    @Test func othersChangesNameTheUID() throws {
        let (client, user) = try Self.filled(["A: b\r\n\r\n1"])
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user)
        try other.ok("ENABLE IMAP4rev2")
        try client.ok("STORE 1 +FLAGS (\\Seen)")
        #expect(try other.text("NOOP") == "* 1 FETCH (UID 1 FLAGS (\\Seen))")
    }

    /// \Seen was set before the message turned out not to be decodable: the client hears of it.
    @Test func whatCannotBeDecodedIsTold() throws {
        let (client, _) = try Self.filled([Self.mixed])
        let lines = try client.no("FETCH 1 BINARY[5]", "NO [UNKNOWN-CTE]") + client.ok("NOOP")
        #expect(lines.count { $0 == "* 1 FETCH (FLAGS (\\Seen))" } == 1, "\(lines)")
    }

    @Test func changedAndVanished() throws {
        let (client, _) = try Self.filled((1...5).map { "A: b\r\n\r\n\($0)" })
        try client.ok("ENABLE QRESYNC")
        let start = try client.text("UID FETCH 1 MODSEQ")
        let modSequence = Int(start.split(separator: "MODSEQ (")[1].prefix { $0 != ")" })!
        let base = try client.text("UID FETCH 5 MODSEQ")
        let last = Int(base.split(separator: "MODSEQ (")[1].prefix { $0 != ")" })!
        #expect(last > modSequence)
        try client.ok("UID STORE 2 +FLAGS (\\Flagged)")
        try client.ok("UID STORE 4 +FLAGS (\\Deleted)")
        try client.ok("EXPUNGE")
        let text = try client.text("UID FETCH 1:* (FLAGS) (CHANGEDSINCE \(last) VANISHED)")
        #expect(text.hasPrefix("* VANISHED (EARLIER) 4\r\n* 2 FETCH (UID 2 FLAGS (\\Flagged) MODSEQ ("), "\(text)")
        #expect(try client.text("UID FETCH 1:* FLAGS (CHANGEDSINCE 999999999)") == "")
        try client.no("UID FETCH 1:* FLAGS (VANISHED)", "BAD")
        #expect(try client.text("UID FETCH 1:* (UID) (PARTIAL -1:-2)").components(separatedBy: "\r\n").map { $0.hasPrefix("* 3") || $0.hasPrefix("* 4") } == [true, true])
    }

    @Test func uidOnly() throws {
        let (client, _) = try Self.filled(["A: b\r\n\r\n1", "A: b\r\n\r\n2"])
        try client.ok("ENABLE UIDONLY")
        #expect(try client.text("UID FETCH 1:* FLAGS") == "* 1 UIDFETCH (FLAGS ())\r\n* 2 UIDFETCH (FLAGS ())")
        #expect(try client.text("UID FETCH 2 (UID RFC822.SIZE)") == "* 2 UIDFETCH (UID 2 RFC822.SIZE 9)")
        try client.no("FETCH 1 FLAGS", "BAD [UIDREQUIRED]")
        try client.ok("UID SEARCH RETURN (SAVE) ALL")
        for command in ["FETCH $ FLAGS", "STORE $ +FLAGS (x)", "COPY $ Sent", "MOVE $ Sent"] {
            try client.no(command, "BAD [UIDREQUIRED]")
        }
        #expect(try client.ok("UID FETCH $ FLAGS").count == 3)
        #expect(try client.text("UID STORE 1 +FLAGS (\\Seen)") == "* 1 UIDFETCH (FLAGS (\\Seen))")
    }

    @Test func messagesThatAreGone() throws {
        let (client, user) = try Self.filled((1...4).map { "A: b\r\n\r\n\($0)" })
        let other = try IMAPMessagesClient(try RunningMartlet.shared.get(), user)
        try client.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        try client.ok("EXPUNGE")
        let flags = try other.ok("FETCH 1:4 FLAGS")
        #expect(flags.last?.hasPrefix("OK [EXPUNGEISSUED]") == true, "\(flags)")
        #expect(!flags.contains("* 2 EXPUNGE"))
        let bodies = try other.ok("FETCH 1:4 BODY.PEEK[TEXT]")
        #expect(bodies.filter { $0.hasPrefix("* ") } == ["* 1 FETCH (BODY[TEXT] {1}", "* 3 FETCH (BODY[TEXT] {1}", "* 4 FETCH (BODY[TEXT] {1}"])
        let uid = try other.ok("UID FETCH 1:4 FLAGS")
        #expect(uid.contains("* 2 EXPUNGE"))
    }

    @Test func aBigMessageStreams() throws {
        let line = String(repeating: "x", count: 76) + "\r\n"
        let message = "Subject: big\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + String(repeating: line, count: 60_000)
        let (client, _) = try Self.filled([message])
        let size = message.utf8.count
        #expect(try client.text("FETCH 1 BODY.PEEK[]") == "* 1 FETCH (BODY[] {\(size)}\r\n\(message))")
        let window = message.utf8.dropFirst(1_000_000).prefix(300_000)
        #expect(try client.text("FETCH 1 BODY.PEEK[]<1000000.300000>") == "* 1 FETCH (BODY[]<1000000> {300000}\r\n\(String(window)!))")
        #expect(try client.text("FETCH 1 BINARY.SIZE[1]") == "* 1 FETCH (BINARY.SIZE[1] \(60_000 * 57))")
    }

    /// Another session expunges it, and its file goes, when only its begin has been sent.
    @Test func aBigMessageThatGoesMeanwhileIsSentWhole() throws {
        let server = try RunningMartlet()
        defer { server.end() }
        let user = server.newUser()
        let client = try IMAPMessagesClient(server, user)
        // More than the sockets' buffers take.
        let message = "Subject: big\r\n\r\n" + String(repeating: String(repeating: "x", count: 998) + "\r\n", count: 24_000)
        try client.append(message)
        try client.ok("NOOP")
        let other = try IMAPMessagesClient(server, user)
        #expect(try client.begin("FETCH 1 BODY.PEEK[]") == "* 1 FETCH (BODY[] {\(message.utf8.count)}")
        try other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
        try other.ok("EXPUNGE")
        let spool = server.state + "/spool"
        #expect(
            try eventually {
                try FileManager.default.contentsOfDirectory(atPath: spool).allSatisfy { !$0.hasSuffix(".big") }
            })
        try client.client.send("last LOGOUT\r\n")
        let rest = try client.client.rest()
        #expect(rest.hasPrefix(message + ")\r\n"))
        #expect(rest.suffix(200).contains("last OK"))
    }

    static func filled(_ messages: [String]) throws -> (IMAPMessagesClient, SampleUsers.User) {
        let server = try RunningMartlet.shared.get()
        let user = server.newUser()
        let client = try IMAPMessagesClient(server, user)
        for message in messages { try client.append(message) }
        try client.ok("NOOP")
        return (client, user)
    }
}
