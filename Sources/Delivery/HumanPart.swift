internal import InternetMessage
internal import MailModel

/// The part that people read.
struct HumanPart {
    /// More addresses are only counted here; the status part has them all.
    private static let maximumRecipients = 100
    private static let maximumSubjectLength = 200

    let hostName: String
    let report: DeliveryReport
    /// Of the message, decoded.
    let subject: String?

    var text: String {
        var lines = ["This is the mail system at \(ReportText.printable(hostName)).", ""]
        for (action, introduction) in Self.introductions {
            let recipients = report.recipients(with: action)
            guard !recipients.isEmpty else { continue }
            lines += ReportText.wrap(introduction, width: 72) + [""]
            for recipient in recipients.prefix(Self.maximumRecipients) {
                lines += describe(recipient) + [""]
            }
            if recipients.count > Self.maximumRecipients {
                lines += ["... and \(recipients.count - Self.maximumRecipients) more", ""]
            }
        }
        lines.append("Your message, as we received it:")
        if let subject {
            let start = String(subject.prefix(Self.maximumSubjectLength))
            lines.append("    Subject: \(ReportText.oneLine(start))")
        }
        lines.append("    Received: \(MessageDate.utc(report.arrival))")
        lines.append("    Our reference: \(report.id)")
        lines += [""] + ReportText.wrap(returnedText, width: 72)
        return lines.map { $0 + "\r\n" }.joined()
    }

    private static let introductions: [(ReportedRecipient.Action, String)] = [
        (
            .failed,
            "Your message could not be delivered to these addresses. "
                + "We will not try again; if it still matters, it must be sent anew."
        ),
        (
            .delayed,
            "Your message could not be delivered to these addresses yet. "
                + "You need not do anything: we go on trying, and will tell you if we give up."
        ),
        (.delivered, "Your message has been delivered to these addresses:"),
        (
            .relayed,
            "Your message has been handed to the host of these addresses. "
                + "It may not report whether it delivers it:"
        ),
        (
            .expanded,
            "Your message has been handed on to the members behind these addresses. "
                + "Their deliveries are not reported:"
        ),
    ]

    private func describe(_ recipient: ReportedRecipient) -> [String] {
        var lines = ["<\(ReportText.oneLine(recipient.address.description))>"]
        if let handover = recipient.handover {
            lines += ReportText.wrap("to \(ReportText.printable(handover.host))", width: 68)
                .map { "    " + $0 }
        }
        guard let error = recipient.error else { return lines }
        let advice = recipient.action == .failed ? Advice.text(error.status) : nil
        let until = recipient.willRetryUntil.map { "We try until \(MessageDate.utc($0))." }
        let speaker = error.reportedBy.map { "\(ReportText.printable($0)) said: " } ?? ""
        let reply = "(\(speaker)\(error.code) \(error.status) \(ReportText.printable(error.text)))"
        for paragraph in [advice, until, reply].compactMap({ $0 }) {
            lines += ReportText.wrap(paragraph, width: 68).map { "    " + $0 }
        }
        return lines
    }

    private var returnedText: String {
        switch report.returned {
        case .full: "The message itself is attached."
        case .header: "The header of the message is attached, the text is not."
        }
    }
}
