import TestSupport
import Testing

@testable import InternetMessage

@Suite struct ConversionTests {
    private static let head = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
    private static let signed = head.replacing("mixed", with: "signed")
    private static let encrypted = head.replacing("mixed", with: "encrypted")
    private static let quoted = "Content-Transfer-Encoding: quoted-printable\n"
    private static let unknown =
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n\(quoted)"

    /// Each message, LF for CRLF, and what becomes of it.
    private static let messages: [(String, String)] = [
        ("Subject: x\n\nplain\n", "Subject: x\n\nplain\n"),
        (
            "Subject: x\n\nh\u{e9}\n",
            "Subject: x\n\(unknown)\nh=C3=A9\n"
        ),
        (
            "Content-Type: text/plain; charset=utf-8\nContent-transfer-encoding: 8BIT\nX: y\n\n\u{e9} \n",
            "Content-Type: text/plain; charset=utf-8\nMIME-Version: 1.0\n\(quoted)X: y\n\n=C3=A9=20\n"
        ),
        // The label alone is wrong.
        (
            "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n\nplain\n",
            "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\nplain\n"
        ),
        // Two labels, folded.
        (
            "MIME-Version: 1.0\nContent-Transfer-Encoding:\n 8bit\nContent-Transfer-Encoding: 7bit\n\n\u{e9}",
            "MIME-Version: 1.0\n\(quoted)\n=C3=A9"
        ),
        // Containers, and parts that need nothing.
        (
            "\(head)Content-Transfer-Encoding: 8bit\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\n\u{e9}\n--b--\n",
            "\(head)Content-Transfer-Encoding: 7bit\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\(quoted)\n=C3=A9\n--b--\n"
        ),
        // Encoded already.
        (
            "\(head)\n--b\nContent-Transfer-Encoding: base64\n\nw6k=\n--b\n\(quoted)\n=C3=A9\n--b--\n",
            "\(head)\n--b\nContent-Transfer-Encoding: base64\n\nw6k=\n--b\n\(quoted)\n=C3=A9\n--b--\n"
        ),
        // A message in a message.
        (
            "MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nSubject: y\n\n\u{e9}\n",
            "MIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: y\n\(unknown)\n=C3=A9\n"
        ),
        // One with UTF-8 in its header goes as a whole.
        (
            "MIME-Version: 1.0\nContent-Type: message/global\n\nSubject: \u{e9}\n\nx\n",
            "MIME-Version: 1.0\nContent-Type: message/global\n\(quoted)\nSubject: =C3=A9\n\nx\n"
        ),
        (
            "MIME-Version: 1.0\nContent-Type: message/global\nContent-Transfer-Encoding: 8bit\n\nSubject: e\n\nx\n",
            "MIME-Version: 1.0\nContent-Type: message/global\nContent-Transfer-Encoding: 7bit\n\nSubject: e\n\nx\n"
        ),
        // Neither text nor legible.
        (
            "MIME-Version: 1.0\nContent-Type: image/x\n\n\u{e9}\u{e9}\u{e9}",
            "MIME-Version: 1.0\nContent-Type: image/x\nContent-Transfer-Encoding: base64\n\nw6nDqcOp"
        ),
        // A binary part of ASCII whose line ends must survive.
        (
            "MIME-Version: 1.0\nContent-Type: application/x\nContent-Transfer-Encoding: binary\n\na\rb",
            "MIME-Version: 1.0\nContent-Type: application/x\nContent-Transfer-Encoding: base64\n\nYQ1i"
        ),
        // What is signed or encrypted, and whole otherwise.
        ("\(signed)\n--b\n\n\u{e9}\n--b--\n", "protected"),
        ("\(encrypted)\n--b\n\n\u{e9}\n--b--\n", "protected"),
        ("\(head)\n--b\nContent-Type: message/partial\n\n\u{e9}\n--b--\n", "protected"),
        ("\(head)\n\u{e9}\n", "tooComplex"),
        (
            "\(signed)\n--b\nContent-Transfer-Encoding: 8bit\n\nx\n--b--\n",
            "\(signed)\n--b\nContent-Transfer-Encoding: 8bit\n\nx\n--b--\n"
        ),
        // Beside what is signed.
        (
            "\(head)\n--b\nContent-Type: multipart/signed; boundary=c\n\n--c\n\nx\n--c--\n--b\n\n\u{e9}\n--b--",
            "\(head)\n--b\nContent-Type: multipart/signed; boundary=c\n\n--c\n\nx\n--c--\n--b\n\(quoted)\n=C3=A9\n--b--"
        ),
        // A header keeps what it has.
        ("Subject: \u{e9}\n\nx\n", "Subject: \u{e9}\n\nx\n"),
        ("", ""),
    ]

    @Test(arguments: messages)
    func message(original: String, expected: String) {
        #expect(Conversion.convert(original) == expected)
    }

    @Test func depth() {
        let deep = (0..<200).map { "Content-Type: multipart/mixed; boundary=b\($0)x\r\n\r\n--b\($0)x\r\n" }
        let message = Array((deep.joined() + "\r\n\u{e9}").utf8)
        #expect(throws: ConversionFailure.tooComplex) { try Conversion.convert(message) }
    }

    @Test func moreParts() {
        let head = Array("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".utf8)
        let parts = [[UInt8]](repeating: Array("--b\r\n\r\n\u{e9}\r\n".utf8), count: 12_000).joined()
        #expect(throws: ConversionFailure.tooComplex) { try Conversion.convert(head + parts) }
    }

    private static let long = String(repeating: "a", count: 74)

    @Test(arguments: [
        ("", ""), ("a=b", "a=3Db"), ("a \r\nb\t\r\n ", "a=20\r\nb=09\r\n=20"), ("a\nb\rc\r", "a=0Ab=0Dc=0D"),
        ("a \r", "a =0D"),
        ("\(long)aa", "\(long)a=\r\na"),
        ("\(long)a--b", "\(long)a=\r\n=2D-b"),
        ("\(long)\u{e9}", "\(long)=\r\n=C3=A9"),
        ("--b\r\n--b", "--b\r\n--b"), (".\r\n\0", ".\r\n=00"),
    ])
    func quotedPrintable(original: String, expected: String) {
        for portion in [1, 2, 1000] {
            var encoder = QuotedPrintableEncoder()
            var output: [UInt8] = []
            let octets = Array(original.utf8)
            for start in stride(from: 0, to: octets.count, by: portion) {
                octets[start..<min(start + portion, octets.count)].withUnsafeBytes {
                    encoder.encode($0, into: &output)
                }
            }
            encoder.finish(into: &output)
            #expect(text(output) == expected)
        }
    }

    @Test(arguments: [
        ("Subject: x\r\n\r\nx", false, false), ("Subject: \u{e9}\r\n\r\nx", true, false),
        ("Subject: x\r\n\r\n\u{e9}", false, true), ("Subject: \u{e9}\r\n\r\n\u{e9}", true, true),
        ("\r\n\u{e9}", false, true), ("\u{e9}", true, false), ("", false, false),
        ("S: \(String(repeating: "x", count: 300_000))\r\n\r\n\u{e9}", true, false),
        ("S: x\r\n\r\n\(long)\(long)\u{e9}\(long)", false, true),
    ])
    func scanner(message: String, isInHeader: Bool, isInBody: Bool) {
        for portion in [1, 7, 1 << 20] {
            var scanner = EightBitScanner()
            let octets = Array(message.utf8)
            for start in stride(from: 0, to: octets.count, by: portion) {
                octets[start..<min(start + portion, octets.count)].withUnsafeBytes { scanner.scan($0) }
            }
            #expect(scanner.isInHeader == isInHeader)
            #expect(scanner.isInBody == isInBody)
        }
    }
}
