internal import MailModel
internal import NIOCore
internal import SMTP

extension SMTPFuzz {
    /// How a session begins: of which kind it is and how far it has come before the text.
    private struct Start {
        var role: SMTPServerConfiguration.Role
        var isEncrypted: Bool
        var normalises: Bool
        var depth: Int

        init(_ dice: inout Dice) {
            role = dice.chance(30) ? .submission : dice.chance(20) ? .onDemandRelay : .mailExchanger
            isEncrypted = dice.chance(60)
            normalises = dice.chance(50)
            depth = Int.random(in: 0...4, using: &dice)
        }

        fileprivate var opening: [UInt8] {
            let commands =
                role == .onDemandRelay
                ? ["EHLO a.test", "AUTH PLAIN AGEA"]
                : ["EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<u@example.org>", "DATA"]
            return commands.prefix(depth).flatMap { Array("\($0)\r\n".utf8) }
        }

        fileprivate func run(_ pieces: [[UInt8]]) -> SMTPFuzz {
            var fuzz = SMTPFuzz(
                role: role, isEncrypted: isEncrypted, bareLineEnds: normalises ? .normalise : .reject)
            for piece in pieces { fuzz.receive(piece) }
            return fuzz
        }
    }

    /// A conversation as it came and cut anew: it ends, means the same, and its replies are replies.
    package static func check(_ text: [UInt8], _ dice: inout Dice) throws(Violation) {
        let start = Start(&dice)
        let text = start.opening + text
        // Text in one segment with DATA or ATRN is refused: it is always a segment of its own.
        let segments = segments(of: text)
        let pieces = segments.flatMap { dice.split($0) }
        let whole = start.run(segments)
        let split = start.run(pieces)
        try expect(!whole.isStuck && !split.isStuck, "the session comes to an end")
        // The handshake drops what came with STARTTLS, and splitting changes what that is.
        if !text.contains("tarttls") {
            try expect(whole.messages == split.messages, "the messages do not depend on segments")
            try expect(whole.envelopes == split.envelopes, "the envelopes do not depend on segments")
            try expect(whole.hasTurned == split.hasTurned, "turning does not depend on segments")
            if !whole.hasRefusedContent && !split.hasRefusedContent {
                try expect(whole.output == split.output, "the replies do not depend on segments")
            }
        }
        try expect(whole.repliesAreWellFormed, "replies are well formed")
        if start.normalises, !text.contains("bdat") {
            try expect(!whole.messages.contains(where: hasBareLineEnd), "line ends are normalised")
        }
        try expect(
            whole.envelopes.allSatisfy { (1...5).contains($0.recipients.count) && (-9...4).contains($0.priority) },
            "envelopes are within their limits")
        if start.role == .onDemandRelay {
            try expect(whole.messages.isEmpty, "an on-demand relay takes no mail")
        } else {
            try expect(!whole.hasTurned, "roles change on an on-demand relay only")
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
            if line.contains("data") || line.contains("atrn") { segments.append([]) }
            line = []
        }
        return segments
    }

    /// Lines of a code and text, ended by CRLF, without stray CR, LF or NUL.
    private var repliesAreWellFormed: Bool {
        let lines = Array(output.readableBytesView).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.last?.isEmpty == true else { return false }
        return lines.dropLast().allSatisfy { line in
            line.last == UInt8(ascii: "\r") && !line.dropLast().contains(UInt8(ascii: "\r"))
                && !line.contains(0) && line.count <= 514
                && line.prefix(3).allSatisfy { (0x30...0x39).contains($0) }
        }
    }

    private static func hasBareLineEnd(_ message: [UInt8]) -> Bool {
        for (index, octet) in message.enumerated() {
            if octet == 13, index + 1 == message.count || message[index + 1] != 10 { return true }
            if octet == 10, index == 0 || message[index - 1] != 13 { return true }
        }
        return false
    }
}
