import FuzzSupport
import InternetMessage
import MailModel
import Testing

private let date = MessageDate.utc(Timestamp(milliseconds: 1_763_783_245_000))

private func fix(_ header: String) throws -> SubmissionHeaders {
    try SubmissionHeaders(Array(header.utf8), date: date, messageIDHost: "mail.test")
}

@Suite struct SubmissionHeadersTests {
    @Test func leavesACompleteHeaderAlone() throws {
        let header = "date: x\r\nFROM: A <a@b>\r\nMessage-Id: <x@y>\r\nSubject: \t \r\n\r\n"
        let fixed = try fix(header)
        #expect(text(fixed.bytes) == header)
        #expect(fixed.from.mailboxes.map(\.localPart) == [Array("a".utf8)])
        #expect(!fixed.addedDate && !fixed.addedMessageID && fixed.removedBlindCopies == 0)
    }

    @Test func addsWhatIsMissing() throws {
        let fixed = try fix("From: a@b\r\n\r\n")
        let lines = text(fixed.bytes).split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5)
        #expect(lines[0] == "From: a@b")
        #expect(lines[1] == "Date: Sat, 22 Nov 2025 03:47:25 +0000")
        #expect(lines[2].hasPrefix("Message-ID: <") && lines[2].hasSuffix("@mail.test>"))
        #expect(lines[3] == "" && lines[4] == "")
        #expect(fixed.addedDate && fixed.addedMessageID)
    }

    @Test func removesBlindCopies() throws {
        let fixed = try fix(
            "Date: x\r\nbcc: s@t,\r\n u@v\r\nMessage-ID: <x>\r\nBCC :\r\nTo: a\r\nResent-Bcc: w@x\r\nX-Bcc: k\r\n\r\n")
        #expect(text(fixed.bytes) == "Date: x\r\nMessage-ID: <x>\r\nTo: a\r\nX-Bcc: k\r\n\r\n")
        #expect(fixed.removedBlindCopies == 3)
    }

    @Test func collectsEveryFrom() throws {
        let fixed = try fix(
            "From: a@b\r\nfrom: c@d,\r\n e@f\r\nSender: s@t\r\nReceived: x\r\nResent-From: r@s\r\n\r\n")
        #expect(fixed.from.mailboxes.map { $0.address?.description } == ["a@b", "c@d", "e@f"])
        #expect(fixed.sender.mailboxes.map { $0.address?.description } == ["s@t"])
        #expect(fixed.fromCount == 2 && fixed.receivedCount == 1)
        #expect(fixed.from.problem == nil)
        #expect(try fix("From: a@b c@d\r\n\r\n").from.problem == .syntax)
    }

    @Test(arguments: [
        ("", "", ""), ("\r\n", "", "\r\n"), ("hello\r\n\r\n", "", "\r\nhello\r\n\r\n"),
        ("To: a", "To: a\r\n", ""), ("To: a\r\n", "To: a\r\n", ""),
        ("To: a\r\nhello\r\nFrom: b@c\r\n\r\n", "To: a\r\n", "\r\nhello\r\nFrom: b@c\r\n\r\n"),
    ])
    func oddSections(header: String, before: String, after: String) throws {
        let fixed = try fix(header)
        #expect(text(fixed.bytes).hasPrefix(before + "Date: Sat"))
        #expect(text(fixed.bytes).hasSuffix("@mail.test>\r\n" + after))
        #expect(fixed.from.mailboxes.isEmpty)
    }

    /// Whatever is sent, the result is the input without its Bcc fields, with the additions where
    /// the fields end.
    @Test func everyOtherOctetStays() throws {
        var random = Dice(seed: 9)
        let alphabet = [
            "Date: x\r\n", "Message-ID: <a@b>\r\n", "Bcc: x@y\r\n", "Bcc: x@y,\r\n z@w\r\n", "resent-bcc: q\r\n",
            "From: a@b\r\n", "Subject: \u{e9}\r\n", "X-Y:\r\n", "X: \u{0}\u{1}\r\n", "To: a\r\n\tb\r\n", " fold\r\n",
            "Received: x\r\n", "X: y\n",
        ]
        for round in 0..<5000 {
            let end = ["\r\n", "", "no field\r\n\r\n", "X: y"][round % 4]
            let input = random.bytes(from: alphabet, pieces: 15) + Array(end.utf8)
            let fixed = try SubmissionHeaders(input, date: date, messageIDHost: "mail.test")
            let section = try HeaderSection(input)
            var expected: [UInt8] = []
            for field in section.fields where !section.isNamed(field, "bcc") && !section.isNamed(field, "resent-bcc") {
                expected += input[field.whole]
            }
            #expect(fixed.bytes.starts(with: expected))
            let tail = (section.ending == .notAField ? Array("\r\n".utf8) : []) + input[section.fieldsEnd...]
            #expect(fixed.bytes.suffix(tail.count) == tail[...])
            let added = text(fixed.bytes.dropFirst(expected.count).dropLast(tail.count))
            #expect(added.contains("Date: ") == fixed.addedDate)
            #expect(added.contains("Message-ID: ") == fixed.addedMessageID)
            #expect(fixed.addedDate || fixed.addedMessageID || added.isEmpty)
            // A second pass changes nothing.
            #expect(try SubmissionHeaders(fixed.bytes, date: date, messageIDHost: "x").bytes == fixed.bytes)
        }
    }

    @Test func messageIDsAreUnique() {
        #expect(Set((0..<10_000).map { _ in MessageID.generate(host: "h", now: date.timestamp) }).count == 10_000)
    }
}
