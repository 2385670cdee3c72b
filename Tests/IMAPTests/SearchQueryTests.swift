import IMAP
import MailModel
import Testing

@Suite struct SearchQueryTests {
    private static let now = Timestamp(milliseconds: 1_000_000_000)
    private static let day: Int64 = 86_400_000

    private func compile(_ key: SearchKey, charset: String? = nil) throws -> SearchQuery {
        try SearchQuery(key, charset: charset, now: Self.now)
    }

    @Test(arguments: [
        (SearchKey.before(2), SearchTest.internalDate(.min..<2 * day)),
        (.on(2), .internalDate(2 * day..<3 * day)),
        (.since(2), .internalDate(2 * day ..< .max)),
        (.savedOn(1), .savedDate(day..<2 * day)),
        (.sentOn(5), .sentDay(5..<6)),
        (.sentBefore(5), .sentDay(.min..<5)),
        (.older(1_000_000), .internalDate(.min..<1)),
        (.younger(1_000_000), .internalDate(0 ..< .max)),
        (.larger(10), .size(11 ..< .max)),
        (.smaller(10), .size(0..<10)),
        (.keyword("$Junk"), .keyword("$junk")),
        (.modSequence(7), .modSequence(7)), (.threadID("T1"), .threadID("T1")),
        (.from([]), .text(TextTest(field: .header("from"), needle: ""))),
        (.header(name: "List-Id", Array("x".utf8)), .text(TextTest(field: .header("list-id"), needle: "x"))),
    ]) func conditions(key: SearchKey, test: SearchTest) throws {
        #expect(try compile(key) == .test(test))
    }

    @Test func wholeAndNothing() throws {
        #expect(try compile(.recent) == .none)
        #expect(try compile(.body([])) == .all)
        #expect(try compile(.saveDateSupported) == .all)
    }

    @Test func charsets() throws {
        let expected = SearchQuery.test(.text(TextTest(field: .subject, needle: "é")))
        #expect(try compile(.subject([0xe9]), charset: "ISO-8859-1") == expected)
        #expect(try compile(.subject([0xc3, 0xa9]), charset: "UTF-8") == expected)
        #expect(try compile(.subject([0xe9]), charset: "ISO-8859-15") == expected)
        #expect(throws: SearchQuery.Problem.badCharset) {
            _ = try compile(.all, charset: "X-NO-SUCH-CHARSET")
        }
    }

    @Test func fuzzyReachesAllTextsBelow() throws {
        let query = try compile(
            .fuzzy(.or(.subject([0x61]), .and([.body([0x62]), .flag(.seen)]))))
        #expect(query.fuzzyTests.map(\.needle) == ["a", "b"])
        #expect(!query.usesModSequences)
        #expect(try compile(.not(.modSequence(1))).usesModSequences)
        #expect(try compile(.messages(SequenceSet(ranges: [.init(first: 1, last: 2)]))).usesSequenceNumbers)
        #expect(!(try compile(.messages(.savedResult)).usesSequenceNumbers))
    }
}
