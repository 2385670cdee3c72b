import Testing

@testable import InternetMessage

@Suite struct MIMEParserTests {
    private static let head = "Content-Type: multipart/mixed; boundary=b\n\n"
    private static let inner = "Content-Type: multipart/digest; boundary=c\n\n"

    @Test(arguments: [
        ("", #"plain """#),
        ("Subject: x", #"plain """#),
        ("Subject: x\n\nbody\n", #"plain "body\n""#),
        ("no field\nbody\n", #"plain """#),
        ("Content-Type: garbage\n\nx", #"plain "x""#),
        ("Content-Type: text\n\nx", #"plain "x""#),
        ("Content-Type: text/html (c) ; a=b\n\nx", #"html "x""#),
        (head + "--b\n\none\n--b\n\ntwo\n--b--\n", #"mixed(plain "one", plain "two")"#),
        (head + "pre\n--b\n\none", #"mixed(plain "one")"#),
        (head + "--b\n\none\n\n--b--\nafter\n--b\n\nno", #"mixed(plain "one\n")"#),
        (head + "no boundary", "mixed()"),
        ("Content-Type: multipart/mixed\n\n--b\n\nx", "mixed()"),
        ("Content-Type: multipart/mixed; boundary=\"b\n\n--b\n\nx", "mixed()"),
        // The line end before a boundary is its own, but not the header's or a boundary's.
        (head + "--b\n\n--b\n\n\n--b--", #"mixed(plain "", plain "")"#),
        (head + "--b\n--b--", #"mixed(plain "")"#),
        // A boundary in a header ends it.
        (head + "--b\nContent-Type: text/html\n--b\n\nx\n--b--", #"mixed(html "", plain "x")"#),
        // Only at the beginning of a line, but with anything behind it.
        (head + "--b\n\nx--b\n --b\n--bx\n\ny\n--b--junk\nz", #"mixed(plain "x--b\n --b", plain "y")"#),
        // An outer boundary ends the inner multipart.
        (
            head + "--b\n" + inner + "--c\n\nSubject: s\n\nx\n--b\n\ny\n--b--",
            #"mixed(digest(rfc822(plain "x")), plain "y")"#
        ),
        // The same boundary inside is the inner one's.
        (
            head + "--b\n" + head + "--b\n\nx\n--b--\n--b\n\ny\n--b--\n",
            #"mixed(mixed(plain "x"), plain "y")"#
        ),
        // The longest of those that begin the line counts.
        (
            head + "--b\nContent-Type: multipart/x; boundary=bb\n\n--bb\n\nx\n--bb--\n--b\n\ny\n--b--",
            #"mixed(x(plain "x"), plain "y")"#
        ),
        (
            "Content-Type: multipart/x; boundary=\"b--\"\n\n--b--\n\nx\n--b----\n", #"x(plain "x")"#
        ),
        ("Content-Type: message/rfc822\n\nSubject: x\n\nbody", #"rfc822(plain "body")"#),
        ("Content-Type: message/global\n\nSubject: x\n\nbody", #"global(plain "body")"#),
        ("Content-Type: message/rfc822\n\n", #"rfc822(plain "")"#),
        ("Content-Type: message/partial\n\nSubject: x\n\nbody", #"partial "Subject: x\n\nbody""#),
        (
            head + "--b\nContent-Type: message/rfc822\n\n--b\n\ny\n--b--",
            #"mixed(rfc822(plain ""), plain "y")"#
        ),
        ("Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\n\nx", #"mixed(plain "x")"#),
        // Without MIME-Version and Content-Type no other Content field counts.
        ("Content-Transfer-Encoding: base64\n\nx", #"plain "x""#),
    ])
    func findsTheParts(_ message: String, _ expected: String) {
        for lineEnd in ["\n", "\r\n"] {
            let bytes = Array(message.split(separator: "\n", omittingEmptySubsequences: false)
                .joined(separator: lineEnd).utf8)
            let found = outline(parsed(bytes), bytes)
            #expect(found.replacing("\\r", with: "") == expected)
        }
    }

    @Test func knowsTheFields() {
        let message = parsed(Array(
            """
            Subject: first\r
            Subject: last\r
            From: a@b\r
            From: c@d\r
            Mime-Version : 1.0\r
            Content-Type: text/plain; name="a;\\"b"; x=;y = z (c)\r
            Content-type: image/png\r
            Content-Transfer-Encoding: BASE64 (c)\r
            Content-Disposition: attachment;\r
            \tfilename*0*=utf-8''%c3%a9; filename*1=".txt"\r
            Content-Language: de, en\r
            Content-ID: <i@d>\r
            \r\n
            """.utf8))
        let part = message.parts[0]
        #expect(part.envelope?.subject == Array("last".utf8))
        #expect(part.envelope?.from?.mailboxes.count == 2)
        #expect(text(part.content.subtype) == "plain")
        #expect(part.content.parameters.map { text($0.name) } == ["name", "x", "y"])
        #expect(part.content.parameters.map { text($0.value) } == ["a;\"b", "", "z"])
        #expect(message.tree.section([1])?.encoding == .base64)
        #expect(part.content.dispositionParameters.text(of: "filename") == "é.txt")
        #expect(part.content.languages.map { text($0) } == ["de", "en"])
        #expect(part.content.id == Array("<i@d>".utf8))
    }

    @Test func numbersTheParts() throws {
        let bytes = Array(
            """
            Content-Type: multipart/mixed; boundary=b

            --b

            one
            --b
            Content-Type: message/rfc822

            Subject: in
            Content-Type: multipart/mixed; boundary=c

            --c

            two
            --c
            Content-Type: text/html

            three
            --c--
            --b
            Content-Type: message/rfc822

            Subject: alone

            four
            --b--
            """.utf8)
        let tree = parsed(bytes).tree
        func content(_ part: [Int]) -> String? { tree.section(part).map { text(bytes[$0.body]) } }
        #expect(content([1]) == "one")
        #expect(content([1, 1]) == nil)
        #expect(content([2, 1]) == "two")
        #expect(content([2, 2]) == "three")
        #expect(content([2, 3]) == nil)
        #expect(content([3, 1]) == "four")
        #expect(content([3, 1, 1]) == nil)
        #expect(content([4]) == nil)
        #expect(content([0]) == nil)
        let enclosed = try #require(tree.section([3])?.enclosed)
        #expect(text(bytes[enclosed.header]) == "Subject: alone\n\n")
        #expect(text(bytes[enclosed.text]) == "four")
        #expect(tree.section([2, 2]).map { text(bytes[$0.mime]) } == "Content-Type: text/html\n\n")
        #expect(tree.section([])?.enclosed?.header.lowerBound == 0)
    }

    @Test func limitsDepthAndParts() {
        var deep = ""
        for level in 0..<500 { deep += "Content-Type: multipart/mixed; boundary=b\(level)x\n\n--b\(level)x\n" }
        let message = parsed(Array(deep.utf8))
        #expect(message.parts.count == 100)
        #expect(message.parts.last?.isTruncated == true)
        let nested = String(repeating: "Content-Type: message/rfc822\n\n", count: 500)
        #expect(parsed(Array(nested.utf8)).parts.count == 100)
        let many = Self.head + String(repeating: "--b\n\nx\n", count: 20_000)
        #expect(parsed(Array(many.utf8)).parts.count == 10_000)
    }

    @Test(arguments: 0..<400)
    func piecesMakeNoDifference(_ seed: UInt64) {
        var mail = BrokenMail(seed: seed)
        let bytes = mail.message()
        let whole = parsed(bytes)
        #expect(parsed(bytes, using: &mail.generator).tree == whole.tree)
        #expect(outline(parsed(bytes, using: &mail.generator), bytes) == outline(whole, bytes))
        expectSound(whole, bytes)
    }
}
