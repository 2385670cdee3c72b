import MailModel
import NIOCore
import POP3
import SMTP
import Testing

/// Protocol sessions fed with damaged conversations. None may crash or loop, and what a client's
/// octets mean must not depend on how they were split into segments.
@Suite struct SessionFuzzTests {
    @Test func smtp() async throws {
        try await FuzzRun.run("SMTP", cases: 800) { dice in
            let role: SMTPServerConfiguration.Role =
                dice.chance(30) ? .submission : dice.chance(20) ? .onDemandRelay : .mailExchanger
            let isEncrypted = dice.chance(60)
            let normalises = dice.chance(50)
            // At several depths: within a session that has got somewhere.
            let depth = Int.random(in: 0...4, using: &dice)
            let commands =
                role == .onDemandRelay
                ? ["EHLO a.test", "AUTH PLAIN AGEA"]
                : ["EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<u@example.org>", "DATA"]
            let opening = commands.prefix(depth).flatMap { Array("\($0)\r\n".utf8) }
            let text = opening + dice.text(of: SMTPFuzz.words, upTo: 40)
            // Text in one segment with DATA or ATRN is refused: it is always a segment of its own.
            let segments = Self.segments(of: text)
            let pieces = segments.flatMap { dice.split($0) }
            // The handshake drops what came with STARTTLS, and splitting changes what that is.
            let comparable = !text.contains("TARTTLS")

            func run(_ pieces: [[UInt8]]) -> SMTPFuzz {
                var fuzz = SMTPFuzz(
                    role: role, isEncrypted: isEncrypted,
                    bareLineEnds: normalises ? .normalise : .reject)
                for piece in pieces { fuzz.receive(piece) }
                return fuzz
            }
            let whole = run(segments)
            let split = run(pieces)
            #expect(!whole.isStuck && !split.isStuck)
            if comparable {
                #expect(whole.messages == split.messages, "\(text)")
                #expect(whole.envelopes == split.envelopes, "\(text)")
                #expect(whole.hasTurned == split.hasTurned, "\(text)")
                if !whole.hasRefusedContent && !split.hasRefusedContent {
                    #expect(whole.output == split.output, "\(text)")
                }
            }
            #expect(repliesAreWellFormed(whole.output), "\(text)")
            for message in whole.messages where normalises {
                #expect(!hasBareLineEnd(message) || text.contains("BDAT"), "\(text)")
            }
            #expect(whole.envelopes.allSatisfy { (1...5).contains($0.recipients.count) }, "\(text)")
            #expect(whole.envelopes.allSatisfy { (-9...4).contains($0.priority) }, "\(text)")
            #expect(role == .onDemandRelay || !whole.hasTurned, "\(text)")
            #expect(role != .onDemandRelay || whole.messages.isEmpty, "\(text)")
        }
    }

    @Test func pop3() async throws {
        try await FuzzRun.run("POP3", cases: 800) { dice in
            let allowsPassword = dice.chance(70)
            let opening = dice.chance(60) ? Array("USER alice\r\nPASS secret\r\n".utf8) : []
            let text = opening + dice.text(of: POP3Fuzz.words, upTo: 40)
            let pieces = dice.split(text)

            func run(_ pieces: [[UInt8]]) -> POP3Fuzz {
                var fuzz = POP3Fuzz(allowsPassword: allowsPassword)
                for piece in pieces { fuzz.receive(piece) }
                return fuzz
            }
            let whole = run([text])
            let split = run(pieces)
            #expect(!whole.isStuck && !split.isStuck)
            if !text.contains("TLS") && !text.contains("tls") {
                #expect(whole.deleted == split.deleted, "\(text)")
                #expect(whole.output == split.output, "\(text)")
            }
            for indices in whole.deleted {
                #expect(Set(indices).count == indices.count)
                #expect(indices.allSatisfy { (0..<POP3Fuzz.messages).contains($0) })
            }
        }
    }

    /// The text cut behind every line that could be a DATA or ATRN command.
    private static func segments(of text: [UInt8]) -> [[UInt8]] {
        var segments: [[UInt8]] = [[]]
        var line: [UInt8] = []
        for octet in text {
            segments[segments.count - 1].append(octet)
            line.append(octet)
            guard octet == UInt8(ascii: "\n") else { continue }
            let word = String(decoding: line, as: UTF8.self).lowercased()
            if word.contains("data") || word.contains("atrn") { segments.append([]) }
            line = []
        }
        return segments
    }

    /// Lines of a code and text, ended by CRLF, without stray CR, LF or NUL.
    private func repliesAreWellFormed(_ output: ByteBuffer) -> Bool {
        let lines = Array(output.readableBytesView).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.last?.isEmpty == true else { return false }
        return lines.dropLast().allSatisfy { line in
            line.last == UInt8(ascii: "\r") && !line.dropLast().contains(UInt8(ascii: "\r"))
                && !line.contains(0) && line.count <= 514
                && line.prefix(3).allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    private func hasBareLineEnd(_ message: [UInt8]) -> Bool {
        for (index, octet) in message.enumerated() {
            if octet == 13, index + 1 == message.count || message[index + 1] != 10 { return true }
            if octet == 10, index == 0 || message[index - 1] != 13 { return true }
        }
        return false
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        guard count >= text.count else { return false }
        return (0...(count - text.count)).contains { self[$0..<$0 + text.count].elementsEqual(text) }
    }
}
