import FuzzSupport
import Testing

@testable import InternetMessage

/// What a client that gets lines gets of a message.
@Suite struct LineFormTests {
    private static let head = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n"
    private static let binary = "Content-Transfer-Encoding: binary\n"
    private static let base64 = "Content-Transfer-Encoding: base64\n"
    private static let eightBit = "Content-Transfer-Encoding: 8bit\n"

    /// Each message, LF for CRLF and § for a bare LF; the form for a client with UTF8 and without it.
    private static let messages: [(String, String, String)] = [
        ("Subject: x\n\n\u{e9}\n", "Subject: x\n\n\u{e9}\n", "Subject: x\n\n\u{e9}\n"),
        ("Subject: \u{e9}\n\n\u{e9}§b\n", "Subject: \u{e9}\n\n\u{e9}§b\n", "Subject: =?utf-8?B?w6k=?=\n\n\u{e9}§b\n"),
        // One binary part.
        (
            "MIME-Version: 1.0\nContent-Type: application/x\n\(binary)X: \u{e9}\n\n\0\u{e9}§",
            "MIME-Version: 1.0\nContent-Type: application/x\n\(base64)X: \u{e9}\n\nAMOpCg==",
            "MIME-Version: 1.0\nContent-Type: application/x\n\(base64)X: =?utf-8?B?w6k=?=\n\nAMOpCg=="
        ),
        // Binary by its label only.
        ("\(binary)MIME-Version: 1.0\n\n\u{e9}\n", "\(eightBit)MIME-Version: 1.0\n\n\u{e9}\n", "\(eightBit)MIME-Version: 1.0\n\n\u{e9}\n"),
        // In a multipart, whose own label must follow; 8bit stays 8bit.
        (
            "\(head)\(binary)\n--b\n\(eightBit)\n\u{e9}\n--b\nContent-Type: image/x\n\(binary)\n\0\r\u{e9}\n--b--\n",
            "\(head)\(eightBit)\n--b\n\(eightBit)\n\u{e9}\n--b\nContent-Type: image/x\n\(base64)\nAA3DqQ==\n--b--\n",
            "\(head)\(eightBit)\n--b\n\(eightBit)\n\u{e9}\n--b\nContent-Type: image/x\n\(base64)\nAA3DqQ==\n--b--\n"
        ),
        // A part's header, and a message's in a part.
        (
            "\(head)\n--b\nContent-Disposition: attachment; filename=\"\u{e9}\"\n\nx\n--b\nContent-Type: message/global\n\nSubject: \u{e9}\n\n\u{e9}\n--b--\n",
            "\(head)\n--b\nContent-Disposition: attachment; filename=\"\u{e9}\"\n\nx\n--b\nContent-Type: message/global\n\nSubject: \u{e9}\n\n\u{e9}\n--b--\n",
            "\(head)\n--b\nContent-Disposition: attachment;\n filename*=utf-8''%C3%A9\n\nx\n--b\nContent-Type: message/global\n\nSubject: =?utf-8?B?w6k=?=\n\n\u{e9}\n--b--\n"
        ),
        // A multipart that has no parts can't be encoded.
        ("\(head)\(binary)\na§b", "tooComplex", "tooComplex"),
    ]

    private static func bytes(_ text: String) -> [UInt8] {
        Array(text.replacing("\n", with: "\r\n").replacing("§", with: "\n").utf8)
    }

    private static func form(_ message: [UInt8], asciiHeaders: Bool, portion: Int = 1 << 16) -> [UInt8] {
        do {
            return try Conversion.convert(message, for: .lines(asciiHeaders: asciiHeaders), portion: portion)
        } catch {
            return Array("\(error)".utf8)
        }
    }

    @Test(arguments: messages) func converts(message: String, utf8: String, ascii: String) {
        let message = Self.bytes(message)
        for (asciiHeaders, form) in [(false, Self.bytes(utf8)), (true, Self.bytes(ascii))] {
            for portion in [1, 7, 1 << 16] {
                #expect(text(Self.form(message, asciiHeaders: asciiHeaders, portion: portion)) == text(form))
            }
            for portion in 1...message.count {
                let verdict = Self.verdict(message, asciiHeaders: asciiHeaders, portion: portion)
                #expect(form == message || verdict == .mayNeedOther)
            }
        }
    }

    @Test(arguments: [
        ("Subject: x\n\nbinary \u{e9}\n", true), ("Subject: x", true), ("", true), ("\n\u{e9}", true),
        ("Content-Type: text/html\nSubject: binary\n\nContent-Transfer-Encoding: binary\n", true),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n7bit only\n--b--\n", true),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBiNaRy\n--b--\n", false),
        ("Content-Type:\n message/rfc822\n\nContent-Transfer-Encoding: binary", false),
        ("MIME-Version: 1.0\nContent-Transfer-Encoding: Binary\n\n", false), ("Subject: \u{e9}", false),
    ])
    func decides(message: String, isAsStored: Bool) {
        let message = Self.bytes(message)
        for portion in 1...max(1, message.count) {
            let verdict = Self.verdict(message, asciiHeaders: true, portion: portion)
            #expect((verdict == .asStored) == isAsStored)
        }
    }

    private static func verdict(
        _ message: [UInt8], asciiHeaders: Bool, portion: Int
    ) -> LineFormScanner.Verdict {
        let verdicts = [false, true].map { getsAll in
            var scanner = LineFormScanner(asciiHeaders: asciiHeaders, getsAll: getsAll)
            var position = 0
            while position < message.count, scanner.verdict == nil {
                let end = min(position + portion, message.count)
                message.withUnsafeBytes {
                    scanner.scan(UnsafeRawBufferPointer(rebasing: $0[position..<end]))
                }
                position = end
            }
            return scanner.finish()
        }
        #expect(verdicts[0] == verdicts[1], "header first or search first")
        return verdicts[0]
    }

    /// A header that is longer than any other reader would take is searched for parts' labels.
    @Test func greatHeader() {
        let filler = Array(repeating: Array("X: y\r\n".utf8), count: 60_000).joined()
        #expect(Self.verdict(Array(filler), asciiHeaders: true, portion: 50_000) == .asStored)
        let message = Array(filler) + Array("Content-Transfer-Encoding: binary\r\n\r\n".utf8)
        #expect(Self.verdict(message, asciiHeaders: true, portion: 50_000) == .mayNeedOther)
        #expect(text(Self.form(message, asciiHeaders: true)) == "tooComplex")
    }

    @Test func findsTheWordAnywhere() {
        var generator = Dice(seed: 2)
        for _ in 0..<3000 {
            let noise = generator.bytes(from: ["b", "binar", "yB", "in", "x", "BINARX", "inary"], pieces: 40)
            let place = Int.random(in: 0...noise.count, using: &generator)
            let bytes = noise[..<place] + Array("bInArY".utf8) + noise[place...]
            let plain = noise.map { $0 == UInt8(ascii: "y") || $0 == UInt8(ascii: "Y") ? 0x2e : $0 }
            let portion = Int.random(in: 1...80, using: &generator)
            #expect(Self.find(Array(bytes), portion))
            #expect(!Self.find(plain, portion))
        }
    }

    private static func find(_ bytes: [UInt8], _ portion: Int) -> Bool {
        var finder = BinaryWordFinder()
        return stride(from: 0, to: bytes.count, by: portion).contains { start in
            Array(bytes[start..<min(start + portion, bytes.count)]).withUnsafeBytes { finder.find(in: $0) }
        }
    }

    @Test func brokenMail() {
        var mail = BrokenMail(seed: 9)
        var converted = 0
        for _ in 0..<1500 {
            let original = Array(
                String(decoding: mail.message(), as: UTF8.self)
                    .replacing("message/global", with: "text/x-global")
                    .replacing("line", with: "l\u{ef}n\0e").replacing("base64", with: "binary").utf8)
            let portion = Int.random(in: 1...50, using: &mail.generator)
            for asciiHeaders in [false, true] {
                let target = ConversionSurvey.Target.lines(asciiHeaders: asciiHeaders)
                guard let result = try? Conversion.convert(original, for: target, portion: portion) else { continue }
                if result != original {
                    converted += 1
                    #expect(Self.verdict(original, asciiHeaders: asciiHeaders, portion: portion) == .mayNeedOther)
                }
                #expect(Conversion.leaves(original) == Conversion.leaves(result))
            }
        }
        #expect(converted > 300)
    }
}
