import FuzzSupport
import TestSupport
import Testing

@testable import InternetMessage

/// What a reader gets from a converted message is what it would have got from the original: by our
/// own reader for broken mail, by Python's for mail that two readers agree on.
@Suite struct ConversionFuzzTests {
    @Test func brokenMail() throws {
        var mail = BrokenMail(seed: 7)
        var converted = 0
        for _ in 0..<1500 {
            // As a whole encoded, a message/global has no parts any more.
            let original = Array(
                String(decoding: mail.message(), as: UTF8.self)
                    .replacing("message/global", with: "text/x-global")
                    .replacing("line", with: "l\u{ef}ne").replacing("Encoding: base64", with: "Encoding: 8bit").utf8)
            let portion = Int.random(in: 1...50, using: &mail.generator)
            guard let plan = try? Conversion.plan(original) else { continue }
            let result = try Conversion.convert(original, portion: portion)
            #expect(try Conversion.convert(original) == result)
            #expect(result.count <= plan.estimatedSize)
            if plan.isEmpty { #expect(result == original) } else { converted += 1 }
            let (before, after) = (Conversion.leaves(original), Conversion.leaves(result))
            #expect(before == after, "\(text(original).debugDescription) \(text(result).debugDescription)")
            for leaf in parsed(result).tree.locations where leaf.kind == .leaf {
                #expect(result[leaf.body].allSatisfy { $0 < 0x80 })
            }
        }
        #expect(converted > 300)
    }

    @Test func anyOctets() throws {
        var generator = Dice(seed: 11)
        let head = "MIME-Version: 1.0\r\nContent-Type: %\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        for round in 0..<300 {
            let type = ["text/plain", "application/octet-stream", "application/json"][round % 3]
            let alphabet: [String] = round.isMultiple(of: 2)
                ? ["\r\n", "\r", "\n", " ", "\t", "=", "-", ".", "\0", "word", "\u{e9}"]
                : ["\r\n", " a few words", "=", "longer stretches of text without a break", "\u{4e2d}\u{6587}"]
            let content = generator.bytes(from: alphabet, pieces: 400)
            let message = Array(head.replacing("%", with: type).utf8) + content
            let plan = try Conversion.plan(message)
            let result = try Conversion.convert(message, portion: 1 + round)
            #expect(Conversion.leaves(result) == [content])
            #expect(result.count <= plan.estimatedSize)
            #expect(result.allSatisfy { $0 < 0x80 })
            #expect(lines(result).allSatisfy { $0.count <= 78 && !$0.dropLast(2).contains(13) })
        }
    }

    private func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: 10).map { Array($0) + [10] }
    }

    @Test func asPythonReadsIt() throws {
        var generator = Dice(seed: 3)
        var pairs: [String] = []
        for _ in 0..<200 {
            let original = Array(Self.wellFormed(&generator, depth: 0, isMessage: true).utf8)
            let result = try Conversion.convert(original)
            #expect(result.allSatisfy { $0 < 0x80 })
            pairs.append("\(Self.hex(original)) \(Self.hex(result))\n")
        }
        let files = try TemporaryDirectory()
        try TextFile.write(pairs.joined(), to: files.path + "/pairs")
        try TextFile.write(Self.script, to: files.path + "/compare.py")
        let output = try ChildProcess.run(
            ["/usr/bin/python3", files.path + "/compare.py", files.path + "/pairs"], in: files.path)
        #expect(output == "200 compared\n")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func wellFormed(
        _ generator: inout Dice, depth: Int, isMessage: Bool
    ) -> String {
        let boundary = "=_\(depth)_\(UInt32.random(in: 0 ... .max, using: &generator))"
        let kind = depth < 4 ? Int.random(in: 0...4, using: &generator) : 0
        var header = isMessage ? "Subject: a message\r\nMIME-Version: 1.0\r\n" : ""
        let label = ["7bit", "8bit", "binary"].randomElement(using: &generator)!
        header += "Content-Transfer-Encoding: \(label)\r\n"
        switch kind {
        case 1, 2:
            let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                "--\(boundary)\r\n" + wellFormed(&generator, depth: depth + 1, isMessage: false) + "\r\n"
            }
            return header + "Content-Type: multipart/mixed; boundary=\"\(boundary)\"\r\n\r\n"
                + parts.joined() + "--\(boundary)--\r\n"
        case 3:
            return header + "Content-Type: message/rfc822\r\n\r\n"
                + wellFormed(&generator, depth: depth + 1, isMessage: true)
        default:
            let type = ["text/plain; charset=utf-8", "application/json", "image/png"]
                .randomElement(using: &generator)!
            let content = generator.bytes(
                from: ["\r\n", "word ", "=", "\u{e9}", "\u{4e2d}\u{6587}", ".", "\r\n-", "x\r\n"], pieces: 60)
            return header + "Content-Type: \(type)\r\n\r\n" + String(decoding: content, as: UTF8.self)
        }
    }

    private static let script = """
        import sys, email
        def parts(data):
            message = email.message_from_bytes(bytes.fromhex(data))
            return [(p.get_content_type(), p.get_params(), None if p.is_multipart() else p.get_payload(decode=True))
                    for p in message.walk()]
        count = 0
        for line in open(sys.argv[1]):
            original, converted = line.split()
            if parts(original) != parts(converted):
                print("differs", bytes.fromhex(original), bytes.fromhex(converted))
            count += 1
        print(count, "compared")
        """
}
