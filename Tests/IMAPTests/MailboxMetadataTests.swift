import IMAP
import Testing

struct MailboxMetadataTests {
    @Test(arguments: [
        ("/private/comment", "/private/comment"), ("/SHARED/Comment", "/shared/comment"),
        ("/shared/vendor/kolab/folder-type", "/shared/vendor/kolab/folder-type"),
        ("/private", "/private"),
    ])
    func names(_ text: String, _ expected: String) throws {
        #expect(try #require(MetadataName(text)).text == expected)
    }

    @Test(arguments: [
        "", "/", "comment", "/comment", "/privately/x", "/private/", "/private//x", "/private/*",
        "/private/a%", "/private/\u{e9}", "/private/a b", "/private/a\u{0}",
        "/private/" + String(repeating: "x", count: 600), "private/x",
    ])
    func noNames(_ text: String) {
        #expect(MetadataName(text) == nil)
    }

    @Test func depth() throws {
        let name = try #require(MetadataName("/private/filters"))
        let table: [(String, GetMetadataCommand.Depth, Bool)] = [
            ("/private/filters", .zero, true), ("/private/filters/a", .zero, false),
            ("/private/filters/a", .one, true), ("/private/filters/a/b", .one, false),
            ("/private/filters/a/b", .infinity, true), ("/private/filtersx", .infinity, false),
            ("/private/other", .infinity, false), ("/private/filters", .infinity, true),
        ]
        for (stored, depth, expected) in table {
            #expect(name.covers(stored, depth: depth) == expected, "\(stored) \(depth)")
        }
        #expect(!name.isRoot)
        #expect(try #require(MetadataName("/shared")).isRoot)
    }
}
