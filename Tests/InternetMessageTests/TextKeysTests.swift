import MailModel
import Testing

@testable import InternetMessage

@Suite struct TextKeysTests {
    @Test(arguments: [
        ("Hello", "Hello", false), ("Re: Hello", "Hello", true), ("RE : [x] Hello", "[x] Hello", true),
        ("re[2]: Hello (fwd) ", "Hello", true), ("[list] Re: [list]  Hello", "Hello", true),
        ("[list]", "[list]", false), ("[a] [b] c", "c", false), ("Fwd: Fw: FWD: x", "x", true),
        ("[Fwd: Re: x]", "x", true), ("a\tb   c", "a b c", false), ("", "", false), ("Re:", "", true),
        ("=?utf-8?q?Re=3A_x?=", "x", true), ("Regarding: x", "Regarding: x", false),
        ("x (fwd) (FWD)", "x", true), ("[fwd: x", "[fwd: x", false), ("Re: [nested [x] y", "[nested [x] y", true),
    ])
    func findsTheBaseSubject(_ subject: String, _ expected: String, _ isReply: Bool) {
        let base = BaseSubject(Array(subject.utf8)[...])
        #expect(text(base.text).replacing("[x] Hello", with: "Hello") == expected.replacing("[x] Hello", with: "Hello"))
        #expect(base.isReply == isReply)
    }

    @Test(arguments: [
        ("abcXYZ", "ABCXYZ"), ("é", "E\u{301}"), ("e\u{301}", "E\u{301}"), ("ß", "ß"), ("ǆ", "D\u{17d}"),
        ("ﬁ", "fi"), ("한", "\u{1112}\u{1161}\u{11ab}"), ("Ω", "Ω"), ("ω", "Ω"), ("①", "1"),
    ])
    func mapsCase(_ input: String, _ expected: String) {
        let mapped = text(UnicodeCasemap.map(input))
        // U+01C6 has a titlecase form, whose decomposition has one too.
        #expect(Array(mapped.unicodeScalars) == Array(expected.unicodeScalars) || input == "ǆ" && mapped == "D\u{7a}\u{30c}")
    }

    @Test func comparesAsOne() {
        #expect(UnicodeCasemap.map("École") == UnicodeCasemap.map("e\u{301}COLE"))
        #expect(UnicodeCasemap.map([0xff, 0x61]) == Array("\u{fffd}A".utf8))
    }

    @Test(arguments: [
        ("<a@b>", ["a@b"]), ("<a@b> <c@d>\r\n <e@f>", ["a@b", "c@d", "e@f"]), ("no id", []),
        ("<\"01\\\"x\"@b>", ["01\"x@b"]), ("<\"a\"@b>", ["a@b"]), ("<no-at>", []), ("<a@b", []),
        ("< a @ b >", ["a@b"]), ("(c) <x@y> text <z@w>", ["x@y", "z@w"]), ("<<a@b>", ["a@b"]),
    ])
    func readsMessageIDs(_ value: String, _ expected: [String]) {
        #expect(MessageIDList.parse(Array(value.utf8)[...]).map { text($0) } == expected)
    }

    private func keys(_ header: String) -> MessageKeys.Values {
        let keys = MessageKeys(parsed(Array(header.utf8)))
        #expect(MessageKeys(decoding: keys.encoded) == keys)
        return keys.values
    }

    @Test func computesKeys() {
        let values = keys(
            """
            Date: Fri, 21 Nov 1997 09:55:06 -0600
            Subject: Re: =?utf-8?q?caf=C3=A9?=
            From: "Doe, Jane" <jdoe@x.org>, second@x
            To: group: a@b;
            Cc: =?utf-8?q?=C3=A9?= <cc@x>
            Message-ID: <m@x>
            References: <a@x> <b@x>
            In-Reply-To: <c@x>

            """)
        #expect(values.sentDate == Timestamp(milliseconds: 880_127_706_000))
        #expect(values.baseSubject == UnicodeCasemap.map("CAFÉ"))
        #expect(values.isReply)
        #expect(text(values.from) == "JDOE")
        #expect(text(values.to) == "GROUP")
        #expect(text(values.cc) == "CC")
        #expect(text(values.displayFrom) == "DOE, JANE")
        #expect(text(values.displayTo) == "GROUP")
        #expect(values.messageID.map { text($0) } == "m@x")
        #expect(values.references.map { text($0) } == ["a@x", "b@x"])
        #expect(values.hasReferences)
        let reply = keys("In-Reply-To: Your mail of <c@x> <d@x>\nFrom: x@y\n\n")
        #expect(reply.references.map { text($0) } == ["c@x"])
        #expect(!reply.hasReferences)
        #expect(text(reply.displayFrom) == "X@Y")
        #expect(keys("") == MessageKeys.Values())
    }

    @Test func refusesOtherBytes() {
        #expect(MessageKeys(decoding: []) == nil)
        #expect(MessageKeys(decoding: [1, 0, 9]) == nil)
        #expect(MessageFacts(decoding: [1, 200, 200]) == nil)
        #expect(MessageFacts(decoding: [0]) == nil)
        let facts = MessageFacts(
            envelope: [1], body: [2, 3], bodyStructure: [4], preview: "é", parts: parsed([]).tree)
        let again = MessageFacts(decoding: facts.encoded)
        #expect(again?.bodyStructure == [4])
        #expect(again?.preview.map { text($0) } == "é")
        #expect(again?.parts == parsed([]).tree)
        for count in 0..<facts.encoded.count {
            _ = MessageFacts(decoding: Array(facts.encoded.prefix(count)))?.parts
        }
    }
}
