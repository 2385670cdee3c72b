import FuzzSupport
import NIOCore
import Testing

@testable import POP3

private func encode(_ chunks: [String]) -> String {
    var encoder = MultilineEncoder()
    var output = ByteBuffer()
    for chunk in chunks {
        var encoded = encoder.encode(ByteBuffer(string: chunk))
        output.writeBuffer(&encoded)
    }
    encoder.finish(&output)
    return String(buffer: output)
}

/// What a client makes of a multi-line response; nil when it is not one, or has a bare LF.
private func decode(_ text: String) -> String? {
    var lines = Array(text.utf8).split(separator: 0x0a, omittingEmptySubsequences: false)
    guard lines.popLast()?.isEmpty == true, lines.popLast().map(Array.init) == [0x2e, 0x0d] else { return nil }
    var message: [UInt8] = []
    for line in lines {
        guard line.last == 0x0d, !line.elementsEqual([0x2e, 0x0d]) else { return nil }
        message += line.first == 0x2e ? line.dropFirst() : line
        message.append(0x0a)
    }
    return String(decoding: message, as: UTF8.self)
}

@Suite struct MultilineEncoderTests {
    @Test(arguments: [
        ([], ".\r\n"), ([""], ".\r\n"), (["a"], "a\r\n.\r\n"), (["a\r\n"], "a\r\n.\r\n"), (["a\r"], "a\r\n.\r\n"),
        (["."], "..\r\n.\r\n"), ([".\r\n"], "..\r\n.\r\n"), (["a\r\n", ".b"], "a\r\n..b\r\n.\r\n"),
        (["a\r", "\n.b"], "a\r\n..b\r\n.\r\n"), (["a", ".b"], "a.b\r\n.\r\n"), (["a\n.b\n"], "a\r\n..b\r\n.\r\n"),
        (["a", "\n"], "a\r\n.\r\n"), (["\n"], "\r\n.\r\n"), (["\r\n\r\n"], "\r\n\r\n.\r\n"),
        (["a\r\n.\r", "\nb"], "a\r\n..\r\nb\r\n.\r\n"), ([".", ".", "\r\n"], "...\r\n.\r\n"),
    ])
    func encodes(chunks: [String], expected: String) { #expect(encode(chunks) == expected) }

    @Test func copiesNothingWithoutNeed() {
        var encoder = MultilineEncoder()
        let chunk = ByteBuffer(string: "a.b\r\nc\r\n d.\r\n")
        let encoded = encoder.encode(chunk)
        let same = chunk.withUnsafeReadableBytes { first in
            encoded.withUnsafeReadableBytes { first.baseAddress == $0.baseAddress }
        }
        #expect(same)
    }

    /// For any message in any chunks the client gets it back, with CRLF line ends.
    @Test func comesBack() {
        var random = Dice(seed: 1)
        let alphabet = ["a", ".", "..", "\r\n", "\n", "\r", "\r\n.", "\r\n.\r\n", "text", "\u{e9}"]
        for _ in 0..<20_000 {
            let chunks = (0..<Int.random(in: 0...5, using: &random)).map { _ in random.text(from: alphabet, pieces: 8) }
            var expected: [UInt8] = []
            for octet in chunks.joined().utf8 {
                if octet == 0x0a, expected.last != 0x0d { expected.append(0x0d) }
                expected.append(octet)
            }
            if let last = expected.last, last != 0x0a { expected += last == 0x0d ? [0x0a] : [0x0d, 0x0a] }
            #expect(decode(encode(chunks)) == String(decoding: expected, as: UTF8.self))
        }
    }
}

@Suite struct TopLimiterTests {
    @Test(arguments: [
        ("A: b\r\n\r\n1\r\n2\r\n", 0, "A: b\r\n\r\n"), ("A: b\r\n\r\n1\r\n2\r\n", 1, "A: b\r\n\r\n1\r\n"),
        ("A: b\r\n\r\n1\r\n2\r\n", 2, "A: b\r\n\r\n1\r\n2\r\n"), ("A: b\r\n\r\n1\r\n2", 9, "A: b\r\n\r\n1\r\n2"),
        ("\r\n1\r\n2\r\n", 1, "\r\n1\r\n"), ("A: b", 1, "A: b"), ("A\n\n1\n2\n", 1, "A\n\n1\n"), ("", 3, ""),
        ("A\r\n\rB\r\n\r\n1\r\n2\r\n", 1, "A\r\n\rB\r\n\r\n1\r\n"), ("A\r\n\r\n\r\n\r\nx\r\n", 2, "A\r\n\r\n\r\n\r\n"),
    ])
    func cuts(message: String, lines: Int, expected: String) {
        let bytes = ByteBuffer(string: message)
        for size in 1...max(1, bytes.readableBytes) {
            var limiter = TopLimiter(bodyLines: lines)
            var rest = bytes
            var taken = ByteBuffer()
            while !limiter.isComplete, let chunk = rest.readSlice(length: min(size, rest.readableBytes)),
                chunk.readableBytes > 0
            {
                taken.writeImmutableBuffer(limiter.take(chunk))
            }
            #expect(String(buffer: taken) == expected)
        }
    }
}

@Suite struct MaildropTests {
    @Test func listsAHundredThousand() {
        let messages = (0..<100_000).map { Maildrop.Message(uid: UInt32($0) + 1, size: $0 * 3) }
        let maildrop = Maildrop(uidValidity: .max, messages: messages)
        var replies = ByteBuffer()
        maildrop.write(.uniqueID, &replies)
        let lines = String(buffer: replies).split(separator: "\r\n")
        #expect(lines.count == 100_002 && lines[0] == "+OK 100000 messages")
        #expect(lines[100_000] == "100000 4294967295.100000")
        #expect(lines.allSatisfy { $0.utf8.count <= 6 + 1 + 70 })
    }

    @Test(arguments: [
        UInt64(0), 1, 9, 10, 99, 100, 12_345, .max, .max / 10, 1_000_000_000_000_000_000,
        9_999_999_999_999_999_999,
    ])
    func writesDecimals(number: UInt64) {
        var buffer = ByteBuffer()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { bytes in
            var text = TextCursor(bytes)
            text.append(decimal: number)
            return text.count
        }
        #expect(String(buffer: buffer) == String(number))
    }
}
