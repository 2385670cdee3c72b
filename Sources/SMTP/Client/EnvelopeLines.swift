internal import MailModel
internal import NIOCore

/// Writes MAIL and RCPT with the parameters that the peer knows: SIZE (RFC 1870), BODY (RFC 6152,
/// RFC 3030), SMTPUTF8 (RFC 6531), RET, ENVID, NOTIFY and ORCPT (RFC 3461, RFC 6533), REQUIRETLS
/// (RFC 8689), BY (RFC 2852), MT-PRIORITY (RFC 6710).
struct EnvelopeLines: Sendable {
    let transaction: ClientTransaction
    let capabilities: ServerCapabilities

    /// Whether an address or the header needs SMTPUTF8 and the peer has it.
    var isInternational: Bool {
        capabilities.smtpUTF8
            && (transaction.hasInternationalHeader || transaction.reversePath.needsSMTPUTF8
                || transaction.recipients.contains { $0.address.needsSMTPUTF8 })
    }

    func writeMail(_ output: inout ByteBuffer) {
        output.writeString("MAIL FROM:<\(transaction.reversePath)>")
        if capabilities.size != nil { output.writeString(" SIZE=\(transaction.size)") }
        switch transaction.body {
        case .eightBitMIME: output.writeStaticString(" BODY=8BITMIME")
        case .binaryMIME: output.writeStaticString(" BODY=BINARYMIME")
        case .sevenBit: break
        }
        if isInternational { output.writeStaticString(" SMTPUTF8") }
        if capabilities.dsn {
            switch transaction.returnContent {
            case .full: output.writeStaticString(" RET=FULL")
            case .headers: output.writeStaticString(" RET=HDRS")
            case nil: break
            }
            if let id = transaction.envelopeID { output.writeString(" ENVID=\(XText.encode(id))") }
        }
        if transaction.requiresTLS { output.writeStaticString(" REQUIRETLS") }
        if capabilities.deliverBy != nil, let by = transaction.deliverBy {
            output.writeString(" BY=\(by.seconds);\(by.mode == .return ? "R" : "N")")
            if by.isTraced { output.writeStaticString("T") }
        }
        if capabilities.priority, let priority = transaction.priority {
            output.writeString(" MT-PRIORITY=\(priority)")
        }
        output.writeStaticString("\r\n")
    }

    func writeRecipient(_ recipient: EnvelopeRecipient, _ output: inout ByteBuffer) {
        output.writeString("RCPT TO:<\(recipient.address)>")
        if capabilities.dsn {
            if let notify = recipient.notify { output.writeString(" NOTIFY=\(Self.text(notify))") }
            if let original = recipient.originalRecipient.flatMap(Self.text) {
                output.writeString(" ORCPT=\(original)")
            }
        }
        output.writeStaticString("\r\n")
    }

    private static func text(_ notify: DeliveryNotify) -> String {
        guard notify != .never else { return "NEVER" }
        let words: [(DeliveryNotify, String)] = [
            (.success, "SUCCESS"), (.failure, "FAILURE"), (.delay, "DELAY"),
        ]
        return words.filter { notify.contains($0.0) }.map(\.1).joined(separator: ",")
    }

    /// original-recipient-address = addr-type ";" xtext, at most 500 octets (RFC 3461 section
    /// 4.2); nil for what can't be put so.
    private static func text(_ original: OriginalRecipient) -> String? {
        let type = original.addressType
        guard !type.isEmpty, !original.address.isEmpty,
            type.utf8.allSatisfy({ $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") })
        else { return nil }
        let isUTF8 = type.lowercased() == "utf-8"
        let address = isUTF8
            ? InternationalAddressText.encode(original.address) : XText.encode(original.address)
        let text = "\(type);\(address)"
        return text.utf8.count <= 500 ? text : nil
    }
}

extension ReversePath {
    var needsSMTPUTF8: Bool {
        switch self {
        case .null: false
        case .address(let address): address.needsSMTPUTF8
        }
    }
}
