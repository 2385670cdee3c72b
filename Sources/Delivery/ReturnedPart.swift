internal import InternetMessage
internal import MailModel

/// How the message, or its header, is named in the report (RFC 6522 section 3, RFC 6533 section 5).
struct ReturnedPart {
    let contentType: String
    let isEightBit: Bool
    /// The part may only travel with SMTPUTF8.
    let isGlobal: Bool

    init(report: DeliveryReport) {
        let bytes = report.returned.bytes
        isEightBit = bytes.contains { $0 >= 0x80 }
        // 8-bit header values without SMTPUTF8 are no UTF-8 that anybody promised.
        isGlobal = report.envelope.smtpUTF8 && Self.headerEnd(bytes).contains { $0 >= 0x80 }
        contentType =
            switch report.returned {
            case .full: isGlobal ? "message/global" : "message/rfc822"
            case .header: isGlobal ? "message/global-headers" : "text/rfc822-headers"
            }
    }

    private static func headerEnd(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let section = try? HeaderSection(bytes, limits: HeaderLimits(fields: .max))
        return bytes[..<(section?.fieldsEnd ?? bytes.count)]
    }
}
