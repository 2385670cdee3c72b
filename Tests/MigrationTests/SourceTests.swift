import MailModel
import TestSupport
import Testing

@testable import Migration

@Suite struct SourceTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func text(_ source: any MailSource, _ message: SourceMessage) throws -> String {
        var octets: [UInt8] = []
        try source.read(message) { octets += $0 }
        return String(decoding: octets, as: UTF8.self)
    }

    private func makeMaildir(_ path: String) throws {
        try Files.makeDirectory(path)
        for part in ["cur", "new", "tmp"] { try Files.makeDirectory("\(path)/\(part)") }
    }

    @Test func maildir() throws {
        let path = files.path + "/Maildir"
        try makeMaildir(path)
        try makeMaildir(path + "/.Sent.2024")
        try makeMaildir(path + "/.Entw&APw-rfe")
        try TextFile.write("0 $Label1\n1 work\n", to: path + "/dovecot-keywords")
        try TextFile.write("Subject: one\n\nbare\nlines\r\n", to: path + "/cur/1000000000.M1.host:2,RSab")
        try TextFile.write("Subject: two\r\n\r\n", to: path + "/new/1000000001.M2.host")
        try TextFile.write("Subject: three\n\n", to: path + "/.Sent.2024/cur/1000000002.M3.host,S=16:2,DFTP")

        let source = try MaildirSource(path: path)
        let folders = try source.folders()
        #expect(folders.map(\.name) == ["INBOX", "Entwürfe", "Sent/2024"])
        let inbox = try source.messages(in: folders[0])
        #expect(Set(inbox.map(\.key)) == ["1000000000.M1.host", "1000000001.M2.host"])
        let first = try #require(inbox.first { $0.key == "1000000000.M1.host" })
        #expect(first.flags == [.seen, .answered])
        #expect(first.keywords == ["$Label1", "work"])
        #expect(try text(source, first) == "Subject: one\r\n\r\nbare\r\nlines\r\n")
        let sent = try source.messages(in: folders[2])
        #expect(sent[0].flags == [.draft, .flagged, .deleted])
        #expect(sent[0].keywords == ["$Forwarded"])
        #expect(throws: MigrationError.self) { try MaildirSource(path: files.path) }
    }

    @Test func mbox() throws {
        let path = files.path + "/mbox"
        try TextFile.write(
            """
            From alice@example.org Sat Jan  3 01:05:34 1998
            Message-ID: <1@x>
            Status: RO
            X-Status: AF
            X-Keywords: work $Label2
            Subject: one

            From the start, no separator
            >From quoted
            >>From twice

            From bob@example.org Sun Jan  4 02:00:00 1998
            Message-ID: <2@x>
            Status: O
             folded

            two

            """, to: path)
        let source = try MboxSource(path: path)
        let folders = try source.folders()
        #expect(folders.map(\.name) == ["INBOX"])
        let messages = try source.messages(in: folders[0])
        #expect(messages.count == 2)
        #expect(messages[0].flags == [.seen, .answered, .flagged])
        #expect(messages[0].keywords == ["work", "$Label2"])
        #expect(messages[0].date == Timestamp(milliseconds: 883_789_534_000))
        #expect(
            try text(source, messages[0])
                == "Message-ID: <1@x>\r\nSubject: one\r\n\r\nFrom the start, no separator\r\nFrom quoted\r\n>From twice\r\n")
        #expect(messages[1].flags == [])
        #expect(try text(source, messages[1]) == "Message-ID: <2@x>\r\n\r\ntwo\r\n")
    }

    @Test func mboxFolders() throws {
        try Files.makeDirectory(files.path + "/Mail.sbd")
        try TextFile.write("From x Sat Jan  3 01:05:34 1998\n\n", to: files.path + "/Mail.sbd/Below")
        try TextFile.write("From x Sat Jan  3 01:05:34 1998\n\n", to: files.path + "/Inbox")
        try TextFile.write("no mbox\n", to: files.path + "/filterlog.html")
        let source = try MboxSource(path: files.path)
        #expect(try source.folders().map(\.name) == ["INBOX", "Mail/Below"])
    }

    @Test func mboxThatIsNone() throws {
        try TextFile.write("Subject: x\n\n", to: files.path + "/x")
        let source = try MboxSource(path: files.path + "/x")
        #expect(throws: MigrationError.self) { try source.messages(in: source.folders()[0]) }
    }

    @Test(arguments: [
        ("maildir:/x", MailLocation.maildir("/x")), ("mbox:/y", .mbox("/y")),
        ("imaps://a@b", .imap(user: "a", host: "b", port: 993, implicitTLS: true)),
        ("imap://a@b.c@host:1143/", .imap(user: "a@b.c", host: "host", port: 1143, implicitTLS: false)),
    ]) func locations(_ text: String, _ expected: MailLocation) throws {
        #expect(try MailLocation(text) == expected)
    }

    @Test(arguments: ["", "/x", "maildir:", "imaps://host", "imaps://a@:1", "imap://a@b:0", "imap://a@b:1:2"])
    func badLocations(_ text: String) {
        #expect(throws: MigrationError.self) { try MailLocation(text) }
    }

    @Test func journalGoesOn() throws {
        let path = files.path + "/journal"
        var journal: Journal? = try Journal(path)
        #expect(throws: MigrationError.self) { try Journal(path) }
        journal?.begin("f\t1")
        journal?.begin("f\t2")
        journal?.finish("f\t1")
        try journal?.flush()
        journal = nil
        // A line that a crash cut short.
        try TextFile.write(try TextFile.read(path) + "=f\t2x", to: path)
        journal = try Journal(path)
        #expect(journal?.done == ["f\t1"])
        #expect(journal?.begun == ["f\t2"])
        journal?.finish("f\t2")
        try journal?.flush()
        journal = nil
        #expect(try Journal(path).done == ["f\t1", "f\t2"])
    }

    /// A year that no clock shows: such a line separates nothing.
    @Test func mboxDates() {
        #expect(MboxDate.parse("From a Sat Jan  3 01:05:34 1996")?.milliseconds == 820_631_134_000)
        #expect(MboxDate.parse("From a Sat Jan  3 01:05:34 2147483647") == nil)
    }

    @Test func internalDates() {
        #expect(InternalDate.parse("17-Jul-1996 02:44:25 -0700")?.milliseconds == 837_596_665_000)
        #expect(InternalDate.parse(" 1-Feb-2024 00:00:00 +0130")?.milliseconds == 1_706_740_200_000)
        #expect(InternalDate.parse("1-Fab-2024 00:00:00 +0130") == nil)
        #expect(InternalDate.parse("17-Jul-2147483647 02:44:25 -0700") == nil)
        #expect(InternalDate.parse("01-Feb-2024 00:00:00 +0130")?.milliseconds == 1_706_740_200_000)
    }
}
