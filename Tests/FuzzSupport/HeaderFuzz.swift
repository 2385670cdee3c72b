internal import InternetMessage
internal import MailModel

/// A message's header: sections, addresses, dates, encoded words, and what submission adds.
package enum HeaderFuzz {
    package static let words = FuzzSupport.words([
        "From: ", "To: ", "Sender: ", "Bcc: ", "Date: ", "Message-ID: ", "Received: ", "Resent-Bcc:", "\r\n", "\r\n ", "\r\n\t",
        "\n", "\r", "a@b.test", "<a@b.test>", "\"a b\" <\"x y\"@[127.0.0.1]>", "Group: a@b, c@d;", ";", ",", ":", "(", ")", "((()",
        "\\", "\"", "=?utf-8?Q?=C3=BC?=", "=?iso-8859-1?B?/A==?=", "=?utf-8?b?!!?=", "=?x?", "@a,@b:u@c", "<", ">", "@",
        "Mon, 1 Jan 2024 00:00:00 +0100", "31 Feb 99999 99:99:99 -9999", "1 Jan 00 1:2 GMT", "\u{fc}\u{1f600}", "\r\n\r\n", "\0",
    ])

    package static func check(_ text: [UInt8], _: inout Dice) throws(Violation) {
        if let section = try? HeaderSection(text) { try check(section, text) }
        try checkSubmission(text)
        _ = AddressList(text[...])
        _ = MessageDate(parsing: text[...])
        _ = EncodedWord.decode(text)
        _ = HeaderText.decode(text)
        _ = BaseSubject(text[...])
        _ = MessageIDList.parse(text[...])
        let string = String(decoding: text, as: UTF8.self)
        for encoded in [EncodedWord.text(string), EncodedWord.phrase(string)] {
            try expect(!encoded.utf8.contains(13) || encoded.contains("\r\n "), "encoded text is folded")
        }
        if let address = EmailAddress(string) {
            try expect(EmailAddress(address.description) == address, "an address is read as it is written")
        }
        _ = QueueID(string)
    }

    private static func check(_ section: HeaderSection, _ text: [UInt8]) throws(Violation) {
        for field in section.fields {
            try expect(field.whole.upperBound <= text.count, "fields lie in the header")
            try expect(
                !section.unfoldedValue(field).contains(UInt8(ascii: "\n")) || text.contains(10),
                "unfolding adds no line ends")
            _ = section.lines(field)
            let value = section.rawValue(field)
            let addresses = AddressList(value)
            try expect(addresses.mailboxes.count <= AddressList.maximumMailboxes, "mailboxes are limited")
            _ = MessageDate(parsing: value)
            _ = EncodedWord.decode(Array(value))
        }
    }

    private static func checkSubmission(_ text: [UInt8]) throws(Violation) {
        guard let fit = try? SubmissionHeaders(text, date: .utc(.now), messageIDHost: "h.test") else { return }
        guard let again = try? SubmissionHeaders(fit.bytes, date: .utc(.now), messageIDHost: "h.test") else {
            throw Violation("a header that is fit for submission stays so")
        }
        try expect(
            again.removedBlindCopies == 0 && !again.addedDate && !again.addedMessageID && again.from == fit.from,
            "a header that is fit for submission needs nothing")
    }
}
