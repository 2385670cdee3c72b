import Glibc
import Testing

@testable import InternetMessage

/// Broken mail broken further: octets changed, pieces cut out, doubled and moved. Nothing may crash, and
/// the structure must stay sound. As many as fit into MARTLET_FUZZ_SECONDS, from MARTLET_FUZZ_SEED or a
/// new seed, which is printed; else some hundred from a fixed one.
@Suite struct MIMEFuzzTests {
    @Test func survivesAnyMessage() {
        run("mime") { mail in
            let bytes = mutated(mail.message() + (Bool.random(using: &mail.generator) ? mail.message() : []), &mail)
            let message = parsed(bytes)
            expectSound(message, bytes)
            #expect(parsed(bytes, using: &mail.generator).tree == message.tree)
            let keys = MessageKeys(message)
            #expect(MessageKeys(decoding: keys.encoded) == keys)
            _ = HeaderText.decode(bytes)
            readAll(message.tree, bytes, portion: Int.random(in: 1...200, using: &mail.generator))
        }
    }

    /// What a damaged disk may hold.
    @Test func survivesAnyFacts() {
        run("facts") { mail in
            let bytes = mail.message()
            let message = parsed(bytes)
            let facts = MessageFacts(
                envelope: bytes, body: [], bodyStructure: [], preview: "x", parts: message.tree)
            if let found = MessageFacts(decoding: mutated(facts.encoded, &mail)) {
                _ = (Array(found.envelope), Array(found.bodyStructure), found.preview.map { Array($0) })
                for part in [[], [1], [1, 1], [2], [1, 1, 1], [1, 2, 1]] { _ = found.section(part) }
            }
            _ = MessageKeys(decoding: mutated(MessageKeys(message).encoded, &mail))?.values
        }
    }

    private func readAll(_ tree: PartTree, _ bytes: [UInt8], portion: Int) {
        bytes.withUnsafeBytes { bytes in
            var reader = MessageTextReader(tree, scope: .all)
            while let range = reader.wanted(atMost: portion) {
                reader.receive(UnsafeRawBufferPointer(rebasing: bytes[range]))
                _ = reader.takeText()
            }
            var preview = PreviewReader(tree)
            while let range = preview.wanted(atMost: portion) {
                preview.receive(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
            #expect((preview.finish()?.unicodeScalars.count ?? 0) <= PreviewReader.maximumCharacters)
        }
    }

    private func mutated(_ original: [UInt8], _ mail: inout BrokenMail) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 0...6, using: &mail.generator) where !bytes.isEmpty {
            let start = Int.random(in: 0..<bytes.count, using: &mail.generator)
            let end = min(start + Int.random(in: 1...40, using: &mail.generator), bytes.count)
            switch Int.random(in: 0...3, using: &mail.generator) {
            case 0: bytes[start] = UInt8.random(in: .min ... .max, using: &mail.generator)
            case 1: bytes.removeSubrange(start..<end)
            case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
            default:
                let piece = Array(bytes[start..<end])
                bytes.removeSubrange(start..<end)
                bytes.insert(
                    contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &mail.generator))
            }
        }
        return bytes
    }

    private func run(_ name: String, _ body: (inout BrokenMail) -> Void) {
        func variable(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
        guard let seconds = variable("MARTLET_FUZZ_SECONDS") else {
            var mail = BrokenMail(seed: variable("MARTLET_FUZZ_SEED") ?? 1)
            for _ in 0..<400 { body(&mail) }
            return
        }
        let seed = variable("MARTLET_FUZZ_SEED") ?? UInt64.random(in: .min ... .max)
        print("\(name): seed \(seed)")
        var mail = BrokenMail(seed: seed)
        let end = ContinuousClock.now + .seconds(seconds)
        while .now < end { body(&mail) }
    }
}
