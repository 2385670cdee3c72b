import IMAP
import Testing

struct MailboxPatternTests {
    @Test(arguments: [
        ("*", "a/b/c", true), ("*", "", true), ("%", "a", true), ("%", "a/b", false),
        ("%/%", "a/b", true), ("%/%", "a/b/c", false), ("a%", "a", true), ("a%", "ab", true),
        ("a%", "a/b", false), ("a*", "a/b", true), ("*b", "a/b", true), ("%b", "a/b", false),
        ("%*", "a/b", true), ("*%", "a/b", true), ("%%", "ab", true), ("a/%/c", "a/b/c", true),
        ("a/%/c", "a/b/d/c", false), ("a/*/c", "a/b/d/c", true), ("a", "a", true),
        ("a", "A", false), ("inbox", "INBOX", true), ("InBox/%", "INBOX/x", true),
        ("inbox/X", "INBOX/x", false), ("in%", "INBOX", true), ("inbox", "INBOXES", false),
        ("inboxes", "INBOXES", false), ("*a*a*b", "aaacab", true), ("*a*a*b", "cab", false),
        ("%a%/b", "xay/b", true), ("%a%/b", "x/ay/b", false), ("*/%a%", "x/y/za", true),
        ("caf\u{e9}", "cafe\u{301}", false), ("cafe\u{301}", "caf\u{e9}", true),
        ("", "", true), ("", "a", false), ("/", "a", false), ("%.", "a.", true),
    ])
    func matching(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(MailboxPattern(pattern).matches(name) == expected)
    }

    /// Every pattern and name of a few octets, against the definition.
    @Test func agreesWithTheDefinition() {
        func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == "*" || first == "%" {
                if matches(pattern.dropFirst(), name) { return true }
                guard let octet = name.first, first == "*" || octet != "/" else { return false }
                return matches(pattern, name.dropFirst())
            }
            return name.first == first && matches(pattern.dropFirst(), name.dropFirst())
        }
        func words(_ letters: [Character], _ length: Int) -> [[Character]] {
            length == 0 ? [[]] : words(letters, length - 1).flatMap { word in
                [word] + (word.count == length - 1 ? letters.map { word + [$0] } : [])
            }
        }
        let names = words(["a", "b", "/"], 5)
        for pattern in words(["a", "/", "*", "%"], 4) {
            let compiled = MailboxPattern(String(pattern))
            for name in names {
                #expect(
                    compiled.matches(String(name)) == matches(pattern[...], name[...]),
                    "\(String(pattern)) on \(String(name))")
            }
        }
    }

    /// Longer than a word of bits.
    @Test func longPatterns() {
        let level = String(repeating: "abcdefgh", count: 30)
        #expect(MailboxPattern(level + "%" + level).matches(level + "x" + level))
        #expect(!MailboxPattern(level + "%" + level).matches(level + "/" + level))
        #expect(MailboxPattern("*" + level + "*" + level).matches("z/" + level + "/" + level))
        #expect(!MailboxPattern(level + level).matches(level))
        #expect(!MailboxPattern(String(repeating: "a", count: 3000)).matches("a"))
        #expect(MailboxPattern(String(repeating: "*%", count: 3000)).matches("a/b"))
    }

    /// What makes backtracking take for ever.
    @Test(.timeLimit(.minutes(20))) func worstCase() {
        let pattern = MailboxPattern(String(repeating: "%a*", count: 300) + "b")
        let name = String(repeating: "a/", count: 500)
        for _ in 0..<100 { #expect(!pattern.matches(name)) }
    }

    @Test func leadsBelow() {
        #expect(MailboxPattern("*").canMatch(below: "Other Users/"))
        #expect(!MailboxPattern("%").canMatch(below: "Other Users/"))
        #expect(MailboxPattern("%/%").canMatch(below: "Other Users/"))
        #expect(MailboxPattern("Other Users/bob/%").canMatch(below: "Other Users/"))
        #expect(!MailboxPattern("INBOX").canMatch(below: "Other Users/"))
    }
}
