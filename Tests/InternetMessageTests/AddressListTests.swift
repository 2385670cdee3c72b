import FuzzSupport
import InternetMessage
import MailModel
import Testing

/// `name <local@domain>`, a group as `name:[…]`, problems as a leading `!`.
private func show(_ value: String) -> String { show(AddressList(Array(value.utf8)[...])) }

private func show(_ list: AddressList) -> String {
    func show(_ mailbox: Mailbox) -> String {
        (mailbox.name.map { "\(text($0)) " } ?? "") + "<\(text(mailbox.localPart))"
            + (mailbox.domain.map { "@\(text($0))" } ?? "") + ">"
    }
    let members = list.members.map { member in
        switch member {
        case .mailbox(let mailbox): show(mailbox)
        case .group(let name, let mailboxes):
            "\(text(name)):[\(mailboxes.map(show).joined(separator: ", "))]"
        }
    }
    return (list.problem == nil ? "" : "!") + members.joined(separator: ", ")
}

@Suite struct AddressListTests {
    @Test(arguments: [
        ("", ""), ("  ", ""), ("a@b", "<a@b>"), ("<a@b>", "<a@b>"),
        ("Alice <a@b>", "Alice <a@b>"), ("  Alice   Ann\r\n\tB. <a@b> ", "Alice Ann B. <a@b>"),
        ("J.R.R. T <a@b.c>", "J.R.R. T <a@b.c>"), ("\"A, \\\"B\\\"\" <a@b>", "A, \"B\" <a@b>"),
        ("a@b, c@d", "<a@b>, <c@d>"), (",,a@b,,c@d,,", "<a@b>, <c@d>"),
        ("\"john doe\"@example.org", "<john doe@example.org>"),
        ("\"a@b\"@c", "<a@b@c>"), ("a.b.c@d.e", "<a.b.c@d.e>"), ("a . b @ c . d", "<a.b@c.d>"),
        ("\"a\".b@c", "<a.b@c>"), ("a@[192.0.2.1]", "<a@[192.0.2.1]>"),
        ("a@[IPv6:2001:db8::1]", "<a@[IPv6:2001:db8::1]>"),
        ("a@b (Alice A.)", "Alice A. <a@b>"), ("Bob (x) <a@b> (y)", "Bob <a@b>"),
        ("a(one)@(two)b(three (nested \\) paren))", "three (nested ) paren) <a@b>"),
        ("<@x,@y:a@b>", "<a@b>"), ("N <@x:a@b>", "N <a@b>"),
        ("Friends: a@b, Carl <c@d>;", "Friends:[<a@b>, Carl <c@d>]"),
        ("undisclosed-recipients:;", "undisclosed-recipients:[]"),
        ("My Group : a@b;, c@d", "My Group:[<a@b>], <c@d>"),
        ("=?utf-8?Q?J=C3=B6rg?= <a@b>", "=?utf-8?Q?J=C3=B6rg?= <a@b>"),
        ("J\u{f6}rg <j\u{f6}rg@b\u{fc}.de>", "J\u{f6}rg <j\u{f6}rg@b\u{fc}.de>"),
        ("a..b@c", "<a..b@c>"), (".a@c", "<.a@c>"), ("user%x@y", "<user%x@y>"),
        ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete <pete@silly.test>"),
        ("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
            "Mary Smith <mary@example.net>, <jdoe@test.example>"),
    ])
    func reads(value: String, expected: String) { #expect(show(value) == expected) }

    @Test(arguments: [
        ("root", "!<root>"), ("Alice Ann", "!<Alice Ann>"), ("a b@c", "!<a b@c>"), ("a@", "!<a@>"),
        ("@b", "!<b>"), ("a@b c@d", "!<a@b>, <c@d>"), ("a@b@c", "!<a@b>, <c>"), ("<a@b", "!<a@b>"),
        ("<a@b, c@d>", "!<a@b>, <c@d>"), ("<>", "!<>"), ("<a>", "!<a>"), ("a@b.", "!<a@b>"),
        ("\"a, b@c", "!<a, b@c>"), ("(a@b", "!"), ("a@b (c", "!<a@b>"), ("G: a@b", "!G:[<a@b>]"),
        ("a@b;", "!<a@b>"), (":a@b", "!<a@b>"), ("a@[1.2", "!<a@>"), ("<<a@b>>", "!<>"),
        ("a@b\u{0}", "!<a@b>"), ("[a]@b", "!<a@b>"), ("\"a\\", "!<a>"), ("(\\", "!"),
        ("A <a@b> <c@d>", "!A <a@b>, <c@d>"), ("G: H: a@b;;", "!G:[<H a@b>]"), (">", "!"), (")", "!"),
    ])
    func saysWhatIsWrong(value: String, expected: String) { #expect(show(value) == expected) }

    @Test func isLinearInCommas() {
        let list = AddressList(([UInt8](repeating: 0x2c, count: 100_000) + Array("a@b".utf8))[...])
        #expect(show(list) == "<a@b>")
    }

    @Test(arguments: ["(", "\"", "<", "((\"<", "()", "a<", ":", ";", "@", "[", "\\", "a:b;", "<@"])
    func endsWithRepeated(piece: String) {
        let bytes = Array(String(repeating: piece, count: 100_000).utf8)
        #expect(AddressList(bytes[...]).mailboxes.count <= AddressList.maximumMailboxes)
    }

    @Test func limitsMailboxes() {
        let value = Array(String(repeating: "a@b,", count: 10_000).utf8)
        #expect(AddressList(value[...]).problem == nil)
        let tooMany = AddressList((value + Array("c@d".utf8))[...])
        #expect(tooMany.mailboxes.count == 10_000)
        #expect(tooMany.problem == .tooManyMailboxes)
    }

    @Test func limitsCommentDepth() {
        func nested(_ depth: Int) -> ArraySlice<UInt8> {
            let value = String(repeating: "(", count: depth) + String(repeating: ")", count: depth)
            return Array((value + "a@b").utf8)[...]
        }
        #expect(AddressList(nested(100)).problem == nil)
        #expect(AddressList(nested(101)).problem == .commentsTooDeep)
        #expect(AddressList(nested(100_000)).mailboxes.count == 1)
    }

    @Test func givesAddresses() {
        let list = AddressList(Array("A@Example.ORG, root, \"a b\"@x".utf8)[...])
        #expect(list.mailboxes.map { $0.address?.description } == ["A@example.org", nil, "\"a b\"@x"])
        let long = Mailbox(localPart: [UInt8](repeating: 0x61, count: 65), domain: [0x62])
        #expect(long.address == nil)
        #expect(Mailbox(localPart: [0xff], domain: [0x62]).address == nil)
    }

    @Test func survivesAnyBytes() {
        var random = Dice(seed: 2)
        let alphabet = [
            "a", "b.c", "@", "<", ">", ",", ":", ";", "(", ")", "\"", "\\", ".", "[", "]", " ", "\r\n ", "\u{0}",
            "\u{e9}", "a@b", "N <x@y>", "=?utf-8?q?a?=",
        ]
        for _ in 0..<50_000 {
            let bytes = random.bytes(from: alphabet, pieces: 25)
            let list = AddressList(bytes[...])
            #expect(list.mailboxes.reduce(0) { $0 + $1.localPart.count } <= 2 * bytes.count)
        }
    }

    /// What a well-formed list says must not depend on comments and folds in it.
    @Test func commentsAndFoldsChangeNothing() {
        var random = Dice(seed: 3)
        let spaces = [" ", "\r\n ", "(c)", " (x (y)) ", "\t", ""]
        for _ in 0..<2000 {
            var folded = ""
            for token in ["Alice", " ", "<", "a", "@", "b", ".", "c", ">", ",", "\"q r\"", "@", "d"] {
                folded += token + spaces.randomElement(using: &random)!
            }
            let list = AddressList(Array(folded.utf8)[...])
            #expect(list.problem == nil)
            #expect(list.mailboxes.map { $0.address?.description } == ["a@b.c", "\"q r\"@d"])
        }
    }
}
