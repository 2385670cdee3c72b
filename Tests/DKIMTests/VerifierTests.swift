import DKIM
import MailModel
import Testing
import TestSupport

/// Signatures as an independent verifier sees them: Debian's python3-dkim.
@Suite struct VerifierTests {
    @Test func acceptsOddMessages() throws {
        var messages: [(message: [UInt8], cuts: [Int])] = OddMessages.all.map { ($0, []) }
        let small = OddMessages.small
        messages += (0...small.count).map { (small, [$0]) }
        messages.append((small, Array(0...small.count)))
        let keys = try SampleKeys.pair()
        let signed = try messages.map { message, cuts in
            // SMTP ends every message with a line end.
            try signatureFields(message, keys: keys, cuts: cuts) + message
                + (message.suffix(2) == [0x0d, 0x0a] ? [] : [0x0d, 0x0a])
        }
        let results = try Verifier.verify(signed, keys: keys)
        for (message, result) in zip(signed, results) {
            #expect(
                result == "pass pass",
                "\(String(decoding: message.prefix(2000), as: UTF8.self).debugDescription)")
        }
    }

    @Test func refusesWhatWasChanged() throws {
        let message = Array("From: a@example.org\r\nSubject: s\r\nX-Own: y\r\n\r\nSome  words\r\n".utf8)
        let keys = try SampleKeys.pair()
        let signed = String(decoding: try signatureFields(message, keys: keys) + message, as: UTF8.self)
        let changes: [(String, String, String)] = [
            ("Some  words", "Some words", "pass pass"),
            ("words\r\n", "words \t\r\n\r\n", "pass pass"),
            ("Subject: s", "SUBJECT:\ts ", "pass pass"),
            ("X-Own: y", "X-Own: z\r\nX-Other: z", "pass pass"),
            ("Some", "Same", "fail fail"),
            ("words", "words\r\nmore", "fail fail"),
            ("Subject: s", "Subject: t", "fail fail"),
            ("From: a", "From: b", "fail fail"),
            ("X-Own", "From: other@example.net\r\nX-Own", "fail fail"),
            ("From: a", "From: other@example.net\r\nFrom: a", "fail fail"),
            ("From: a", "Subject: other\r\nFrom: a", "fail fail"),
            ("From: a", "To: other@example.net\r\nFrom: a", "fail fail"),
            ("From: a", "Cc: other@example.net\r\nFrom: a", "fail fail"),
            ("From: a", "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nFrom: a", "fail fail"),
            ("\tt=1", "\tt=0", "fail pass"),
        ]
        let results = try Verifier.verify(
            changes.map { Array(signed.replacing($0.0, with: $0.1, maxReplacements: 1).utf8) }, keys: keys)
        for (change, result) in zip(changes, results) {
            #expect(signed.contains(change.0))
            #expect(result == change.2, "\(change)")
        }
    }
}
