internal import NIOCore

extension POP3Fuzz {
    /// A conversation in one piece and cut: it ends and means the same.
    package static func check(_ text: [UInt8], _ dice: inout Dice) throws(Violation) {
        let allowsPassword = dice.chance(70)
        let opening = dice.chance(60) ? Array("USER alice\r\nPASS secret\r\n".utf8) : []
        let text = opening + text
        let pieces = dice.split(text)

        func run(_ pieces: [[UInt8]]) -> POP3Fuzz {
            var fuzz = POP3Fuzz(allowsPassword: allowsPassword)
            for piece in pieces { fuzz.receive(piece) }
            return fuzz
        }
        let whole = run([text])
        let split = run(pieces)
        try expect(!whole.isStuck && !split.isStuck, "the session comes to an end")
        // The handshake drops what came with STLS.
        if !text.contains("stls") {
            try expect(whole.deleted == split.deleted, "what is deleted does not depend on segments")
            try expect(whole.output == split.output, "the replies do not depend on segments")
        }
        for indices in whole.deleted {
            try expect(
                Set(indices).count == indices.count && indices.allSatisfy { (0..<messages).contains($0) },
                "each message that is there is deleted once")
        }
    }
}
