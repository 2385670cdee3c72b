import COpenSSL
import DKIM
import FuzzSupport
import MailModel
import Testing

/// The body hash against a plain reading of RFC 6376 section 3.4.4.
@Suite struct BodyTests {
    /// Section 3.4.5's example, and what is left of other bodies.
    @Test(arguments: [
        (" C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"),
        ("", ""), ("\r\n", ""), ("\r\n\r\n\r\n", ""), (" \t\r\n \r\n", ""), ("  ", ""),
        ("a", "a\r\n"), ("a\r\n", "a\r\n"), ("a \t", "a\r\n"), ("\r\n\r\na", "\r\n\r\na\r\n"),
        ("a\r\n \r\n\tb\r\n", "a\r\n\r\n b\r\n"), ("a\rb", "a\rb\r\n"), ("a\r", "a\r\r\n"),
        ("a \r b", "a \r b\r\n"), ("\r", "\r\r\n"), ("a\r\r\nb", "a\r\r\nb\r\n"),
        ("a\nb\n\n", "a\r\nb\r\n"), ("a\0 \u{1}b", "a\0 \u{1}b\r\n"), (" a", " a\r\n"),
    ])
    func relaxes(_ body: String, canonical: String) throws {
        #expect(relaxed(Array(body.utf8)) == Array(canonical.utf8), "the test's own reading")
        try check(Array(body.utf8), cutEverywhere: true)
    }

    @Test func oddBodiesHoweverTheyAreCut() throws {
        var dice = Dice(seed: 20_26)
        for round in 0..<600 {
            let isDense = round % 2 == 0
            let alphabet = Array((isDense ? "ab \t\r\n" : "abcdefghijklmnopqrstuvwxyz \n").utf8)
            var body: [UInt8] = []
            for _ in 0..<Int.random(in: 0...80, using: &dice) {
                let octet = alphabet.randomElement(using: &dice)!
                if octet == 0x0a, Bool.random(using: &dice) || !isDense { body.append(0x0d) }
                body.append(octet)
            }
            try check(body, cutEverywhere: round < 60)
        }
    }

    @Test func longBodies() throws {
        let line = Array((String(repeating: "dGVzdCB0ZXN0", count: 6) + "\r\n").utf8)
        let flowed = Array("Some words of a paragraph that flows, \r\nand  goes\ton. \r\n".utf8)
        for unit in [line, flowed, Array("x".utf8), Array("x  ".utf8), Array("\r\n".utf8)] {
            var body: [UInt8] = []
            while body.count < 100_000 { body += unit }
            for count in [4096, 4097, 65_536, body.count] {
                try check(Array(body[..<count]), cutEverywhere: false)
            }
        }
    }

    private func check(_ body: [UInt8], cutEverywhere: Bool) throws {
        let header = Array("From: a@example.org\r\n\r\n".utf8)
        let expected = Base64.encode(digest(relaxed(body)))
        let keys = [try SampleKeys.ed25519.get()]
        let ways = [[], Array(stride(from: header.count, to: header.count + body.count, by: 1 + body.count / 50))]
            + (cutEverywhere ? (0...body.count).map { [header.count + $0] } : [])
        for cuts in ways {
            let fields = try signatureFields(header + body, keys: keys, cuts: cuts)
            let found = tag("bh", of: fields)
            #expect(found == expected, "\(String(decoding: body.prefix(100), as: UTF8.self).debugDescription) cut at \(cuts)")
        }
    }

    private func relaxed(_ body: [UInt8]) -> [UInt8] {
        var lines: [[UInt8]] = [[]]
        for (index, octet) in body.enumerated() {
            if octet == 0x0a {
                lines.append([])
            } else if octet != 0x0d || index + 1 == body.count || body[index + 1] != 0x0a {
                let isSpace = octet == 0x20 || octet == 0x09
                if !isSpace || lines[lines.count - 1].last != 0x20 {
                    lines[lines.count - 1].append(isSpace ? 0x20 : octet)
                }
            }
        }
        lines = lines.map { $0.last == 0x20 ? $0.dropLast() : $0 }
        while lines.last == [] { lines.removeLast() }
        return lines.flatMap { $0 + [0x0d, 0x0a] }
    }

    private func digest(_ octets: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_Digest(octets, octets.count, &digest, nil, EVP_sha256(), nil)
        return digest
    }
}
