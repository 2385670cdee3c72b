import FuzzSupport
import NIOCore
import Testing

@testable import SMTP

@Suite struct ContentEncoderTests {
    private static func encode(
        _ octets: [UInt8], _ framing: ContentEncoder.Framing, pieces: Int = .max
    ) -> [UInt8] {
        var encoder = ContentEncoder(framing)
        var output = ByteBuffer()
        var rest = octets[...]
        repeat {
            let piece = rest.prefix(pieces)
            rest.removeFirst(piece.count)
            encoder.encode(ByteBuffer(bytes: piece), isLast: rest.isEmpty, &output)
        } while !rest.isEmpty
        return Array(output.readableBytesView)
    }

    @Test(arguments: [
        ("", ".\r\n"), ("x", "x\r\n.\r\n"), ("x\r\n", "x\r\n.\r\n"), ("\r\n", "\r\n.\r\n"),
        (".", "..\r\n.\r\n"), ("a.\r\n..b\r\n.\r\n", "a.\r\n...b\r\n..\r\n.\r\n"),
        // Nothing but CRLF ends a line (SMTP smuggling, the way out).
        ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"), ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\r\n.\r\r\nb", "a\r\n\r\n..\r\n\r\nb\r\n.\r\n"), ("a\r\n.\rb", "a\r\n..\r\nb\r\n.\r\n"),
        ("a\r\n.\n", "a\r\n..\r\n.\r\n"), ("a\r", "a\r\n.\r\n"), ("\r", "\r\n.\r\n"), ("a\n", "a\r\n.\r\n"),
        ("a\n\r\nb\n\rc", "a\r\n\r\nb\r\n\r\nc\r\n.\r\n"), ("a\r\n\0.\r\n", "a\r\n\0.\r\n.\r\n"),
    ])
    func dots(content: String, expected: String) {
        for pieces in 1...8 {
            #expect(Self.encode(content.octets, .dotStuffed, pieces: pieces) == expected.octets)
        }
        #expect(Self.encode(content.octets, .dotStuffed) == expected.octets)
    }

    @Test(arguments: [
        ("", "BDAT 0 LAST\r\n"), (".x", "BDAT 4 LAST\r\n.x\r\n"), ("a\nb\r\n", "BDAT 6 LAST\r\na\r\nb\r\n"),
    ])
    func chunks(content: String, expected: String) {
        #expect(Self.encode(content.octets, .chunkedText) == expected.octets)
    }

    @Test func chunkBoundaries() {
        let encoded = Self.encode("ab\r\nc".octets, .chunkedText, pieces: 3)
        #expect(encoded == "BDAT 2\r\nabBDAT 5 LAST\r\n\r\nc\r\n".octets)
        let binary = Self.encode("a\r\n\nb".octets, .chunkedBinary, pieces: 3)
        #expect(binary == "BDAT 3\r\na\r\nBDAT 2 LAST\r\n\nb".octets)
    }

    /// The server's reader makes of it what an octet-by-octet rule makes of the original.
    @Test func serverReadsItBack() {
        var generator = Dice(seed: 5)
        let alphabet = ["\r\n", "\r", "\n", ".", "..", "a", "line of text", "\r\n."]
        for _ in 0..<2000 {
            let content = (0..<Int.random(in: 0...12, using: &generator))
                .flatMap { _ in alphabet.randomElement(using: &generator)!.octets }
            let pieces = Int.random(in: 1...9, using: &generator)
            let encoded = Self.encode(content, .dotStuffed, pieces: pieces)
            var reader = MessageDataReader(.dotStuffed, MessageLimits())
            var input = ByteBuffer(bytes: encoded)
            var read: [UInt8] = []
            loop: while true {
                switch reader.next(&input) {
                case .content(let octets): read += octets.readableBytesView
                case .end: break loop
                case .needsMore:
                    Issue.record("no end")
                    break loop
                }
            }
            #expect(reader.defect == nil)
            #expect(input.readableBytes == 0)
            #expect(read == Self.normalised(content))
        }
    }

    /// CRLF for each CR, LF and CRLF, and at the end.
    static func normalised(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < content.count {
            switch content[index] {
            case 13:
                result += [13, 10]
                if index + 1 < content.count, content[index + 1] == 10 { index += 1 }
            case 10: result += [13, 10]
            case let octet: result.append(octet)
            }
            index += 1
        }
        if !result.isEmpty, result.last != 10 { result += [13, 10] }
        return result
    }

    @Test func muchOddContent() {
        for octet in "\r\n.a".utf8 {
            let content = [UInt8](repeating: octet, count: 20_000)
            let encoded = Self.encode(content, .chunkedText)
            #expect(Array(encoded.drop { $0 != 10 }.dropFirst()) == Self.normalised(content))
        }
    }
}
