import InternetMessage
import MailModel
import NIOCore

/// The trace field that a host adds to each message (RFC 5321 section 4.4).
struct ReceivedLine {
    var clientName: String
    var clientAddress: String
    var hostname: String
    var isExtended: Bool
    var isEncrypted: Bool
    var isAuthenticated: Bool
    var smtpUTF8: Bool
    /// What was agreed: `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    var tls: String?
    var id: QueueID
    /// The only recipient; nil when there are more, who must not learn of each other.
    var recipient: EmailAddress?
    /// MT-PRIORITY; 0 is not told.
    var priority: Int8

    // Time-stamp-line = "Received:" FWS From-domain By-domain Opt-info [CFWS] ";" FWS date-time
    // From-domain     = "FROM" FWS Extended-Domain
    // Extended-Domain = ( Domain / address-literal ) FWS "(" TCP-info ")"
    // Opt-info        = [Via] [With] [ID] [For] [Additional-Registered-Clauses]
    // Additional-Registered-Clauses are "PRIORITY" FWS priority-value (RFC 6710)
    func write(into output: inout ByteBuffer, at date: MessageDate) {
        output.writeStaticString("Received: from ")
        output.writeString(clientName)
        output.writeStaticString(clientAddress.utf8.contains(UInt8(ascii: ":")) ? " ([IPv6:" : " ([")
        output.writeString(clientAddress)
        output.writeStaticString("])\r\n\tby ")
        output.writeString(hostname)
        output.writeStaticString(" with ")
        output.writeStaticString(keyword)
        if let tls {
            output.writeStaticString(" (")
            output.writeString(tls)
            output.writeStaticString(")")
        }
        output.writeStaticString(" id ")
        output.writeString(id.description)
        if let recipient {
            output.writeStaticString("\r\n\tfor <")
            output.writeString(recipient.description)
            output.writeStaticString(">")
        }
        if priority != 0 { output.writeString(" priority \(priority)") }
        output.writeStaticString(";\r\n\t")
        output.writeBytes(date.bytes)
        output.writeStaticString("\r\n")
    }

    /// The registered protocol names (RFC 3848, RFC 6531 section 4.3).
    private var keyword: StaticString {
        switch (isExtended, smtpUTF8, isEncrypted, isAuthenticated) {
        case (false, _, _, _): "SMTP"
        case (true, true, false, false): "UTF8SMTP"
        case (true, true, false, true): "UTF8SMTPA"
        case (true, true, true, false): "UTF8SMTPS"
        case (true, true, true, true): "UTF8SMTPSA"
        case (true, false, false, false): "ESMTP"
        case (true, false, false, true): "ESMTPA"
        case (true, false, true, false): "ESMTPS"
        case (true, false, true, true): "ESMTPSA"
        }
    }
}
