import Testing

@testable import MailServer

struct PatternTests {
    @Test(arguments: [
        ("alice@example.org", "alice@example.org", true), ("alice@example.org", "ALICE@Example.org", true),
        ("alice@example.org", "malice@example.org", false), ("alice@example.org", "alice@example.org.uk", false),
        ("*@example.org", "alice@example.org", true), ("*@example.org", "alice@sub.example.org", false),
        ("*example.org", "alice@sub.example.org", true), ("*", "", true), ("", "", true), ("", "x", false),
        ("?", "", false), ("?", "x", true), ("?", "ü", true), ("??", "ü", false), ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-b-b-", false), ("**", "anything", true), ("<>", "<>", true), ("*.", "example.", true),
        ("Grüße*", "grüße@example.org", true), ("[a]", "a", false),
    ])
    func matches(pattern: String, text: String, expected: Bool) throws {
        #expect(try #require(GlobPattern(pattern)).matches(text) == expected)
    }

    @Test func longPatternsAreNoPatterns() {
        #expect(GlobPattern(String(repeating: "a", count: 320)) != nil)
        #expect(GlobPattern(String(repeating: "a", count: 321)) == nil)
    }

    /// Many stars against a text that fits nearly: no more than a product of the lengths.
    @Test func manyStarsTakeNoTime() throws {
        let pattern = try #require(GlobPattern(String(repeating: "*a", count: 160)))
        #expect(!pattern.matches(String(repeating: "a", count: 100_000) + "b"))
    }

    @Test(arguments: [
        (0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (12_000, "3h20m"), (86_400, "1d"),
        (187_200, "2d4h"), (-5, "0s"),
    ])
    func ages(seconds: Int, text: String) { #expect(Column.age(.seconds(seconds)) == text) }

    @Test(arguments: [
        (0, "0"), (812, "812"), (1024, "1.0K"), (4200, "4.1K"), (10_240, "10K"), (12 << 20, "12M"), (1 << 30, "1.0G"),
    ])
    func sizes(octets: Int, text: String) { #expect(Column.size(octets) == text) }
}
