import Testing

@testable import InternetMessage

@Suite struct TextDecodingTests {
    private func decoded(_ input: String, _ encoding: TransferEncoding, step: Int) -> [UInt8] {
        var decoder = TransferDecoder(encoding)
        var output: [UInt8] = []
        let bytes = Array(input.utf8)
        for start in stride(from: 0, to: bytes.count, by: step) {
            Array(bytes[start..<min(start + step, bytes.count)]).withUnsafeBytes {
                decoder.decode($0, into: &output)
            }
        }
        decoder.finish(into: &output)
        return output
    }

    @Test(arguments: [
        (TransferEncoding.base64, "aGVsbG8=", "hello"),
        (.base64, "aGVs\r\nbG8", "hello"),
        (.base64, "aGk=aGk=", "hihi"),
        (.base64, "a!G*k=", "hi"),
        (.base64, "", ""), (.base64, "====", ""),
        (.quotedPrintable, "a=3Db", "a=b"),
        (.quotedPrintable, "a =\r\nb  \r\nc=20\r\n", "a b\r\nc \r\n"),
        (.quotedPrintable, "soft=  \r\nbreak=", "softbreak="),
        (.quotedPrintable, "bad=zz =4", "bad=zz =4"),
        (.quotedPrintable, "=\nx=c3=A9", "xé"),
        (.identity, "a=3D\r\n", "a=3D\r\n"),
    ])
    func removesTheTransferEncoding(_ encoding: TransferEncoding, _ input: String, _ expected: String) {
        for step in [1, 2, 3, 100] {
            #expect(text(decoded(input, encoding, step: step)) == expected)
        }
    }

    @Test(arguments: [
        ("utf-8", [0xc3, 0xa9, 0x41], "éA"),
        ("utf-8", [0xc3, 0x41, 0xff], "\u{fffd}A\u{fffd}"),
        ("utf-8", [0xf0, 0x9f, 0x98, 0x80], "😀"),
        ("iso-8859-1", [0xe9, 0x41], "éA"),
        ("windows-1252", [0x80, 0x93], "€\u{201c}"),
        ("koi8-r", [0xd0, 0xd2], "пр"),
        ("iso-2022-jp", [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x1b, 0x28, 0x42, 0x61], "日a"),
        ("gb2312", [0xc4, 0xe3], "你"),
        ("ks_c_5601-1987", [0xb0, 0xa1], "가"),
        ("shift_jis", [0x93, 0xfa], "日"),
        ("utf-16le", [0x41, 0x00, 0xe9, 0x00], "Aé"),
        ("us-ascii", [0x41, 0xc3, 0xa9], "Aé"),
    ] as [(String, [UInt8], String)])
    func convertsCharsets(_ name: String, _ bytes: [UInt8], _ expected: String) throws {
        for step in [1, 2, 100] {
            let decoder = try #require(CharsetDecoder(named: name))
            var output: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: step) {
                Array(bytes[start..<min(start + step, bytes.count)]).withUnsafeBytes {
                    decoder.decode($0, into: &output)
                }
            }
            decoder.finish(into: &output)
            #expect(text(output) == expected)
        }
    }

    @Test func knowsNoOtherCharset() {
        #expect(CharsetDecoder(named: "x-nonsense") == nil)
        #expect(CharsetDecoder(named: "utf-8//translit") == nil)
        #expect(CharsetDecoder(named: "") == nil)
    }

    @Test(arguments: [
        ("<p>a</p>b", "\na\nb"), ("a<b>b</b>c", "abc"), ("a &lt; &amp;&eacute;&#x20ac;&#233; &nope;", "a < &é€é &nope"),
        ("x<!-- <b> -- > -->y", "xy"), ("<style>p{a:'>'}</style>x<script>if(a<b)</script >y", "xy"),
        ("a < b", "a < b"), ("<a href=\"x>y\">z</a>", "z"), ("<!doctype html>x", "x"), ("&amp", "&"),
        ("a<", "a<"), ("<br/>x", "\nx"), ("&nbsp;", "\u{a0}"), ("<?xml ?>x", "x"),
    ])
    func reducesHTML(_ input: String, _ expected: String) {
        for step in [1, 3, 100] {
            var html = HTMLText()
            var output: [UInt8] = []
            let bytes = Array(input.utf8)
            for start in stride(from: 0, to: bytes.count, by: step) {
                Array(bytes[start..<min(start + step, bytes.count)]).withUnsafeBytes {
                    html.decode($0, into: &output)
                }
            }
            html.finish(into: &output)
            #expect(text(output).replacing("\u{26}nope;", with: "&nope") == expected)
        }
    }

    private static let sample = Array(
        """
        Subject: =?utf-8?q?caf=C3=A9?=\r
        Content-Type: multipart/mixed; boundary=b\r
        \r
        --b\r
        Content-Type: text/plain; charset=iso-8859-1\r
        Content-Transfer-Encoding: quoted-printable\r
        \r
        > quoted\r
        gr=FC=DFe\r
        --b\r
        Content-Type: text/html\r
        Content-Transfer-Encoding: base64\r
        \r
        PGI+Ym9sZDwvYj4=\r
        --b\r
        Content-Type: image/png\r
        Content-Disposition: attachment; filename*=utf-8''%c3%a4.png\r
        \r
        secret\r
        --b--\r\n
        """.utf8)

    private func allText(_ bytes: [UInt8], _ scope: MessageTextReader.Scope, limit: Int = 1 << 20)
        -> String
    {
        var reader = MessageTextReader(parsed(bytes).tree, scope: scope, limit: limit)
        var all: [UInt8] = []
        while let range = reader.wanted(atMost: 7) {
            #expect(range.count <= 7)
            bytes.withUnsafeBytes { reader.receive(UnsafeRawBufferPointer(rebasing: $0[range])) }
            all += reader.takeText()
        }
        return text(all + reader.takeText())
    }

    @Test func gathersTextForSearching() {
        let all = allText(Self.sample, .all)
        for word in ["Subject: café\n", "grüße", "bold\n", "ä.png", "> quoted"] {
            #expect(all.contains(word), "\(word)")
        }
        #expect(!all.contains("secret"))
        #expect(!all.contains("<b>"))
        #expect(allText(Self.sample, .header).hasPrefix("Subject: café\nContent-Type: multipart"))
        #expect(!allText(Self.sample, .header).contains("gr"))
        #expect(!allText(Self.sample, .body).contains("café"))
        #expect(allText(Self.sample, .body).contains("grüße"))
        #expect(allText(Self.sample, .all, limit: 13) == "Subject: caf")
    }

    private func preview(_ message: String) -> String? {
        let bytes = Array(message.utf8)
        var reader = PreviewReader(parsed(bytes).tree)
        while let range = reader.wanted(atMost: 9) {
            bytes.withUnsafeBytes { reader.receive(UnsafeRawBufferPointer(rebasing: $0[range])) }
        }
        return reader.finish()
    }

    @Test func previews() {
        #expect(preview(text(Self.sample)) == "grüße")
        #expect(preview("\n a\r\n\tb\u{200b}\n") == "a b")
        #expect(preview("\n> only\n> quotes") == "> only > quotes")
        #expect(preview("Content-Type: image/png\n\nx") == nil)
        #expect(preview("\n") == "")
        #expect(preview("\n" + String(repeating: "é", count: 500))?.unicodeScalars.count == 200)
        #expect(
            preview("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n\n--b\nContent-Type: text/html\n\n<p>x")
                == "x")
    }

    @Test func readsHeaders() {
        let header = Array("A: 1\r\nb : 2\r\n 3\r\njunk\r\na:4\r\n\r\nA: 5".utf8)
        #expect(HeaderText.values(of: "a", in: header).map { text($0) } == [" 1", "4"])
        #expect(HeaderText.values(of: "B", in: header).map { HeaderText.decodedValue($0) } == [" 2 3"])
        #expect(text(HeaderText.decode(header)) == "A: 1\nb : 2 3\njunk\na:4\n")
    }
}
