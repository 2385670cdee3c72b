import IMAP
import Testing

struct MailboxNameTests {
    @Test(arguments: [
        ("Projects", "Projects"), ("inbox", "INBOX"), ("InBoX/child", "INBOX/child"),
        ("inboxes", "inboxes"), ("a/inbox", "a/inbox"), ("", ""),
        ("Cafe\u{301}", "Caf\u{e9}"), ("inbox/e\u{301}", "INBOX/\u{e9}"),
        ("\u{1e9b}\u{323}", "\u{1e9b}\u{323}"),
    ])
    func oneSpelling(_ name: String, _ expected: String) {
        #expect(Array(MailboxName.canonical(name).utf8) == Array(expected.utf8))
    }

    @Test(arguments: [
        "a", "INBOX/a", "Zażółć/gęślą", "100%", "a*b", "a&b", ".hidden", "a b", "a\\b\"c",
        String(repeating: "x", count: 255),
        Array(repeating: "d", count: 32).joined(separator: "/"), "日本語/メール",
    ])
    func possible(_ name: String) {
        #expect(MailboxName.problem(with: name) == nil)
    }

    @Test(arguments: [
        "", "/", "/a", "a/", "a//b", "#news", "a\u{0}", "a\r\nb", "a\u{7f}", "a\u{85}b",
        "a\u{2028}b", "..", "../bob/x", "a/./b", String(repeating: "x", count: 256),
        Array(repeating: "d", count: 33).joined(separator: "/"),
        Array(repeating: String(repeating: "x", count: 200), count: 6).joined(separator: "/"),
    ])
    func impossible(_ name: String) {
        #expect(MailboxName.problem(with: name) != nil)
    }

    @Test func levels() {
        #expect(MailboxName.superiors(of: "a/b/c") == ["a", "a/b"])
        #expect(MailboxName.superiors(of: "a") == [])
        // A combining mark after the separator must not hide it.
        #expect(MailboxName.superiors(of: "a/\u{301}b") == ["a"])
        #expect(MailboxName.isInferior("a/b", of: "a"))
        #expect(!MailboxName.isInferior("ab", of: "a"))
        #expect(!MailboxName.isInferior("a", of: "a"))
    }

    @Test func order() {
        let names = ["b", "a/b", "Zoo", "INBOX/x", "a", "INBOX", "a-b", "INBOXES"]
        #expect(
            names.sorted(by: HierarchyOrder.precedes)
                == ["INBOX", "INBOX/x", "INBOXES", "Zoo", "a", "a/b", "a-b", "b"])
    }
}
