internal import InternetMessage
internal import MailModel

/// Puts a report into a message: multipart/report (RFC 6522) with a part for people, one for
/// programs (RFC 3464) and the message or its header; internationalised (RFC 6533) where needed.
struct ReportComposer {
    struct Message: Sendable {
        var bytes: [UInt8]
        var envelope: Envelope
    }

    let configuration: ReportConfiguration

    func compose(_ report: DeliveryReport, now: Timestamp) -> Message {
        let original = try? HeaderSection(report.returned.bytes, limits: HeaderLimits(fields: .max))
        let human = HumanPart(
            hostName: configuration.hostName, report: report,
            subject: original.flatMap(subject)
        ).text
        let status = StatusPart(hostName: configuration.hostName, report: report)
        let returned = ReturnedPart(report: report)
        let isHumanASCII = human.utf8.allSatisfy { $0 < 0x80 }
        let isEightBit = !isHumanASCII || report.isStatusGlobal || returned.isEightBit
        let isGlobal = report.isStatusGlobal || returned.isGlobal || report.target.needsSMTPUTF8
        let boundary = Self.makeBoundary()

        var text = header(report, original, now: now)
        text += "Content-Type: multipart/report; report-type=delivery-status;\r\n"
        text += " boundary=\"\(boundary)\"\r\n"
        text += transferEncoding(isEightBit)
        text += "\r\nThis is a report about a message that you sent, in MIME format.\r\n\r\n"
        text += "--\(boundary)\r\n"
        text += "Content-Type: text/plain; charset=\(isHumanASCII ? "us-ascii" : "utf-8")\r\n"
        text += transferEncoding(!isHumanASCII) + "\r\n" + human
        text += "\r\n--\(boundary)\r\nContent-Type: \(status.contentType)\r\n"
        text += transferEncoding(report.isStatusGlobal) + "\r\n" + status.text
        text += "\r\n--\(boundary)\r\nContent-Type: \(returned.contentType)\r\n"
        text += transferEncoding(returned.isEightBit) + "\r\n"
        var bytes = Array(text.utf8)
        bytes += report.returned.bytes
        bytes += "\r\n--\(boundary)--\r\n".utf8
        var envelope = Envelope(
            reversePath: .null, body: isEightBit ? .eightBitMIME : .sevenBit, smtpUTF8: isGlobal)
        // Ours, and signed as such where this host's domain has a key.
        envelope.isSubmission = true
        return Message(bytes: bytes, envelope: envelope)
    }

    private func header(
        _ report: DeliveryReport, _ original: HeaderSection?, now: Timestamp
    ) -> String {
        var text = ReportText.field("From", "Mail Delivery System <\(configuration.from)>")
        text += ReportText.field("To", "<\(report.target)>")
        text += ReportText.field("Subject", Self.subject(of: report))
        text += ReportText.field("Date", "\(MessageDate.utc(now))")
        text += ReportText.field(
            "Message-ID", MessageID.generate(host: configuration.hostName, now: now))
        if let id = original.flatMap(messageID) {
            text += ReportText.field("In-Reply-To", id) + ReportText.field("References", id)
        }
        // RFC 3834 section 5: no automaton answers this.
        text += ReportText.field("Auto-Submitted", "auto-replied")
        return text + ReportText.field("MIME-Version", "1.0")
    }

    private static func subject(of report: DeliveryReport) -> String {
        if !report.recipients(with: .failed).isEmpty {
            "Your message could not be delivered"
        } else if !report.recipients(with: .delayed).isEmpty {
            "Your message is delayed"
        } else {
            "Your message was delivered"
        }
    }

    private func transferEncoding(_ isEightBit: Bool) -> String {
        "Content-Transfer-Encoding: \(isEightBit ? "8bit" : "7bit")\r\n"
    }

    private func subject(_ header: HeaderSection) -> String? {
        guard let field = header.fields(named: "subject").first else { return nil }
        return EncodedWord.decode(header.unfoldedValue(field))
    }

    /// The message's own id, when it is one that can be quoted: `<` printable ASCII `>`.
    private func messageID(_ header: HeaderSection) -> String? {
        guard let field = header.fields(named: "message-id").first else { return nil }
        let value = header.unfoldedValue(field)
        guard (3...500).contains(value.count), value.first == UInt8(ascii: "<"),
            value.firstIndex(of: UInt8(ascii: ">")) == value.count - 1,
            value.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    /// 128 random bits: no text that anybody wrote contains it.
    private static func makeBoundary() -> String {
        "=_\(String(UInt64.random(in: .min ... .max), radix: 36))"
            + ".\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }
}
