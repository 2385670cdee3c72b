internal import InternetMessage
internal import MailModel

/// The part that programs read: message/delivery-status (RFC 3464 section 2), or
/// message/global-delivery-status (RFC 6533 section 4) when an address is not ASCII.
struct StatusPart {
    let hostName: String
    let report: DeliveryReport

    var contentType: String {
        report.isStatusGlobal ? "message/global-delivery-status" : "message/delivery-status"
    }

    var text: String {
        perMessage + report.recipients.map { "\r\n" + perRecipient($0) }.joined()
    }

    /// ```
    /// per-message-fields = [ original-envelope-id-field CRLF ] reporting-mta-field CRLF
    ///                      [ arrival-date-field CRLF ] [ future-release-request-field CRLF ]
    /// ```
    /// The moment until which the sender had the message held (RFC 4865) is told as such, whether it
    /// was asked for by HOLDFOR or by HOLDUNTIL.
    private var perMessage: String {
        var text = ""
        if let id = report.envelope.envelopeID {
            text += ReportText.field("Original-Envelope-Id", ReportText.printable(id))
        }
        text += ReportText.field("Reporting-MTA", "dns; \(ReportText.printable(hostName))")
        text += ReportText.field("Arrival-Date", "\(MessageDate.utc(report.arrival))")
        guard let release = report.envelope.releaseAt else { return text }
        return text + ReportText.field("Future-Release-Request", "until; \(release.internetDateTime)")
    }

    /// ```
    /// per-recipient-fields = [ original-recipient-field CRLF ] final-recipient-field CRLF
    ///                        action-field CRLF status-field CRLF [ remote-mta-field CRLF ]
    ///                        [ diagnostic-code-field CRLF ] [ last-attempt-date-field CRLF ] [ final-log-id-field CRLF ]
    ///                        [ will-retry-until-field CRLF ]
    /// ```
    private func perRecipient(_ recipient: ReportedRecipient) -> String {
        var text = ""
        if let original = recipient.routed.envelopeRecipient.originalRecipient {
            text += ReportText.field("Original-Recipient", originalRecipient(original))
        }
        text += ReportText.field("Final-Recipient", finalRecipient(recipient.address))
        text += ReportText.field("Action", recipient.action.rawValue)
        text += ReportText.field("Status", "\(recipient.status)")
        text += remote(recipient)
        text += ReportText.field("Last-Attempt-Date", "\(MessageDate.utc(recipient.lastAttempt))")
        text += ReportText.field("Final-Log-ID", "\(report.id)")
        if let end = recipient.willRetryUntil {
            text += ReportText.field("Will-Retry-Until", "\(MessageDate.utc(end))")
        }
        return text
    }

    /// The reply of another host, named by Remote-MTA; our own reasons are no SMTP replies
    /// (RFC 3464 sections 2.3.5 and 2.3.6).
    private func remote(_ recipient: ReportedRecipient) -> String {
        var text = ""
        if let host = recipient.handover?.host ?? recipient.error?.reportedBy {
            text += ReportText.field("Remote-MTA", "dns; \(ReportText.printable(hostName(host)))")
        }
        if let error = recipient.error {
            let reply = ReportText.printable("\(error.code) \(error.status) \(error.text)")
            let type = error.reportedBy == nil ? "x-martlet" : "smtp"
            text += ReportText.field("Diagnostic-Code", "\(type); \(reply)")
        } else if let handover = recipient.handover {
            text += ReportText.field(
                "Diagnostic-Code", "smtp; \(ReportText.printable(handover.reply))")
        }
        return text
    }

    /// A host that is known by its address only is named by an address literal (RFC 5321 section
    /// 4.1.3).
    private func hostName(_ host: String) -> String {
        IPAddress.isIPv4(host) ? "[\(host)]" : IPAddress.isIPv6(host) ? "[IPv6:\(host)]" : host
    }

    private func finalRecipient(_ address: EmailAddress) -> String {
        let text = address.description
        return address.needsSMTPUTF8
            ? "utf-8; \(ReportText.internationalized(text))"
            : "rfc822; \(ReportText.printable(text))"
    }

    /// RFC 3461 section 6.3: the type and the decoded address that the client gave in ORCPT=.
    private func originalRecipient(_ original: OriginalRecipient) -> String {
        let type = original.addressType.utf8.filter {
            EmailAddress.isAtomByte($0) && $0 < 0x80
        }
        let name = type.isEmpty ? "unknown" : String(decoding: type, as: UTF8.self)
        guard name.lowercased() == "utf-8" else {
            return "\(name); \(ReportText.printable(original.address))"
        }
        return "\(name); \(ReportText.internationalized(original.address))"
    }
}
