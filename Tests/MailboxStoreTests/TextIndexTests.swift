import Glibc
import Logging
import MailModel
import NIOCore
import Storage
import TestSupport
import Testing

@testable import MailboxStore

@Suite struct TextIndexTests {
    private let fixture: Fixture
    private let directory: TemporaryDirectory
    private let index: TextIndex

    init() throws {
        fixture = try Fixture()
        directory = try TemporaryDirectory()
        index = Self.index(fixture, directory.path)
    }

    private static func index(
        _ fixture: Fixture, _ directory: String, _ mode: TextIndexConfiguration.Mode = .onDemand
    ) -> TextIndex {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return TextIndex(
            storage: fixture.engine,
            configuration: TextIndexConfiguration(directory: directory, mode: mode), logger: logger)
    }

    private func columns(_ mailbox: Int64, _ uids: [UInt32]) async throws -> MessageColumns {
        try await index.catalog.columns(of: mailbox, uids: uids)
    }

    /// All rows that match, by the index and, where it does not know, by reading.
    private func search(
        _ field: TextCondition.Field, _ needle: String, isFuzzy: Bool = false, _ mailbox: Int64,
        _ columns: MessageColumns, of index: TextIndex? = nil
    ) async throws -> (rows: [Int], read: Int) {
        let index = index ?? self.index
        let condition = TextCondition(
            field: field, needle: TextNormalizer.normalize(needle), isFuzzy: isFuzzy)
        let known = await index.find(
            condition, in: fixture.account, columns, rows: Array(0..<columns.count))
        let read = try await index.read(
            condition, in: fixture.account, of: mailbox, columns, rows: known.unread[...])
        return ((known.matched + read).sorted(), known.unread.count)
    }

    private static let messages = [
        "From: Alice Kovács <alice@example.org>\r\nTo: bob@example.org\r\nSubject: Lunch on Monday\r\n"
            + "List-Id: <cooks.example.org>\r\n\r\nLet us meet at the caf\u{e9} then.\r\n",
        "From: =?iso-8859-1?q?J=FCrgen?= <j@example.net>\r\nTo: alice@example.org\r\nCc: bob@x.test\r\n"
            + "Subject: Re: Lunch\r\n on Monday\r\nMIME-Version: 1.0\r\n"
            + "Content-Type: text/plain; charset=iso-8859-15\r\n"
            + "Content-Transfer-Encoding: quoted-printable\r\n\r\nStra=DFe und Br=FCcke, 5 =A4\r\n",
        "Subject: Report\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            + "--b\r\nContent-Type: text/html\r\n\r\n<p>The <b>quarterly</b> numbers &amp; more</p>\r\n"
            + "--b\r\nContent-Type: application/pdf; name=figures.pdf\r\n"
            + "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gaW5zaWRl\r\n--b--\r\n",
        "no header at all",
    ]

    private func fill() async throws -> (mailbox: Int64, columns: MessageColumns) {
        let mailbox = try await fixture.mailbox("INBOX").id
        var uids: [UInt32] = []
        for text in Self.messages {
            uids += try await fixture.append(1, to: mailbox, text: text)
        }
        return (mailbox, try await columns(mailbox, uids))
    }

    @Test(arguments: [
        (TextCondition.Field.from, "ALICE", [0]),
        (.from, "kovács", [0]),
        (.from, "jürgen", [1]),
        (.from, "al", [0]),
        (.to, "alice", [1]),
        (.to, "b", [0]),
        (.cc, "@x.t", [1]),
        (.bcc, "bob", []),
        (.subject, "lunch", [0, 1]),
        (.subject, "lunch on monday", [0, 1]),
        (.subject, "unch o", [0, 1]),
        (.subject, "re", [1, 2]),
        (.body, "caf\u{e9}", [0]),
        (.body, "stra\u{df}e", [1]),
        (.body, "5 \u{20ac}", [1]),
        (.body, "quarterly numbers & m", [2]),
        (.body, "<b>", []),
        (.body, "inside", []),
        (.body, "figures.pdf", [2]),
        (.body, "et", [0]),
        (.body, "lunch", []),
        (.text, "lunch", [0, 1]),
        (.text, "cooks", [0]),
        (.text, "numbers", [2]),
        (.text, "\"quoted\" * OR", []),
        (.header(Array("LIST-ID".utf8)), "cooks", [0]),
        (.header(Array("LIST-ID".utf8)), "oo", [0]),
        (.header(Array("LIST-ID".utf8)), "", [0]),
        (.header(Array("LIST".utf8)), "", []),
        (.header(Array("SUBJECT".utf8)), "cooks", []),
        (.header(Array("CC".utf8)), "", [1]),
        (.header(Array("MIME-VERSION".utf8)), "1.0", [1, 2]),
    ] as [(TextCondition.Field, String, [Int])])
    func findsDecodedText(field: TextCondition.Field, needle: String, rows: [Int]) async throws {
        let (mailbox, columns) = try await fill()
        let first = try await search(field, needle, mailbox, columns)
        #expect(first.rows == rows)
        // From the index now; the work behind delivery may have been there before.
        let second = try await search(field, needle, mailbox, columns)
        #expect(second.rows == rows)
        let isLong = needle.unicodeScalars.count >= 3
        if isLong { #expect(second.read == 0) }
    }

    @Test(arguments: 0..<8) func agreesWithLookingEverywhere(seed: Int) async throws {
        var state = UInt64(seed) &* 7919 &+ 17
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let letters = ["a", "b", "\u{e9}", "\"", " ", "*", "1"]
        func word(_ length: Int) -> String {
            (0..<length).map { _ in letters[random(letters.count)] }.joined()
        }
        let mailbox = try await fixture.mailbox("INBOX").id
        var bodies: [String] = []
        var uids: [UInt32] = []
        for _ in 0..<30 {
            let body = word(random(40))
            bodies.append(body)
            uids += try await fixture.append(
                1, to: mailbox, text: "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\(body)")
        }
        let columns = try await columns(mailbox, uids)
        for _ in 0..<25 {
            let needle = word(1 + random(5))
            let mapped = TextNormalizer.normalize(needle)
            let expected = bodies.indices.filter {
                TextNormalizer.normalize(bodies[$0]).contains(octets: mapped)
            }
            let found = try await search(.body, needle, mailbox, columns)
            #expect(found.rows == expected, "\(needle)")
        }
    }

    @Test func copiesAreReadOnceAndDeliveryHeadersCount() async throws {
        let (mailbox, _) = try await fill()
        _ = try await fixture.engine.copy(
            [1, 2], from: mailbox, to: mailbox, account: fixture.account, quota: .unlimited)
        let columns = try await columns(mailbox, [1, 2, 3, 4, 5, 6])
        let found = try await search(.subject, "lunch", mailbox, columns)
        #expect(found.rows == [0, 1, 4, 5])
        var headers = MessageColumns()
        headers.append(
            MailboxMessage(
                uid: 9, message: columns.reference(3),
                deliveryHeader: Array("Return-Path: <Bounce@x.test>\r\n".utf8),
                flags: StoredFlags(), modSequence: 1, internalDate: .now, savedDate: .now))
        let path = TextCondition.Field.header(Array("RETURN-PATH".utf8))
        #expect(try await search(path, "bounce@", mailbox, headers).rows == [0])
        #expect(try await search(path, "", mailbox, headers).rows == [0])
        #expect(try await search(.text, "bounce", mailbox, headers).rows == [0])
        #expect(try await search(.body, "bounce", mailbox, headers).rows == [])
    }

    @Test func similarWords() async throws {
        let (mailbox, columns) = try await fill()
        for (needle, row) in [("quartrly", 2), ("numbering", 2), ("Mondays", 0), ("br\u{fc}cken", 1)] {
            _ = try await search(.text, needle, isFuzzy: true, mailbox, columns)
            let found = try await search(.text, needle, isFuzzy: true, mailbox, columns)
            #expect(found.rows.contains(row), "\(needle)")
        }
        let none = try await search(.text, "zebra", isFuzzy: true, mailbox, columns)
        #expect(none.rows == [])
    }

    @Test func whatIsGoneDoesNotMatch() async throws {
        let (mailbox, _) = try await fill()
        let gone = try await columns(mailbox, [1, 2, 77])
        #expect(gone.ids[2] == 0)
        #expect(try await search(.subject, "lunch", mailbox, gone).rows == [0, 1])
        let fewer = try await columns(mailbox, [2, 4])
        #expect(fewer.uids == [2, 4])
        #expect(try await search(.subject, "lunch", mailbox, fewer).rows == [0])
    }

    @Test func deliveryIsFollowed() async throws {
        let always = Self.index(fixture, directory.path + "/always", .always)
        let (mailbox, columns) = try await fill()
        always.observe([
            MailboxChange(
                mailbox: mailbox, account: fixture.account,
                kind: .appended([FlaggedMessage(uid: 1, flags: StoredFlags(), modSequence: 1)]))
        ])
        // Behind delivery, sometime: ask until it is done.
        var unread = columns.count
        let condition = TextCondition(field: .body, needle: TextNormalizer.normalize("numbers"))
        while unread > 0 {
            let matches = await always.find(
                condition, in: fixture.account, columns, rows: Array(0..<columns.count))
            unread = matches.unread.count
            try await Task.sleep(for: .milliseconds(1))
        }
        await always.shutDown()
    }

    @Test func searchesWithoutAnIndex() async throws {
        let (mailbox, columns) = try await fill()
        for place in ["/dev/null/search", "/proc/nothing"] {
            let broken = Self.index(fixture, place)
            let found = try await search(.subject, "lunch", mailbox, columns, of: broken)
            #expect(found.rows == [0, 1])
            #expect(found.read == 4)
        }
    }

    @Test func aDamagedIndexIsMadeAnew() async throws {
        let (mailbox, columns) = try await fill()
        let path = directory.path + "/other"
        let files = IndexFiles(directory: path)
        try "this is no database, and long enough to be taken for one, perhaps".write(
            path: path + "/\(fixture.account).sqlite")
        #expect(files.accounts() == [fixture.account])
        let other = Self.index(fixture, path)
        let first = try await search(.subject, "lunch", mailbox, columns, of: other)
        #expect(first.rows == [0, 1])
        let second = try await search(.subject, "lunch", mailbox, columns, of: other)
        #expect(second.rows == [0, 1])
        #expect(second.read == 0)
    }
}

extension String {
    fileprivate func write(path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(self, file)
        fclose(file)
    }
}
