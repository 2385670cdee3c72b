/// Header fields in ASCII for a client that has not asked for UTF-8 (RFC 6858 section 2).
///
/// A field is rewritten when its value is UTF-8 beyond ASCII. Octets that are no UTF-8 are mail
/// from before internationalized headers, which clients have always got as it is.
package enum DowngradedHeader {
    /// How a field's value can become ASCII.
    enum Kind {
        case addresses, path, parameters, text
        /// Not at all: the field is left out (RFC 6858 section 2.4).
        case none

        /// - Parameter name: in lower case. Fields that nobody knows are text (RFC 5322 section 3.6.8).
        init(_ name: String) {
            self =
                switch name {
                case "from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-sender",
                    "resent-reply-to", "resent-to", "resent-cc", "resent-bcc", "errors-to",
                    "return-receipt-to", "disposition-notification-to":
                    .addresses
                case "return-path": .path
                case "content-type", "content-disposition": .parameters
                case "date", "resent-date", "message-id", "resent-message-id", "in-reply-to",
                    "references", "received", "received-spf", "authentication-results",
                    "mime-version", "content-transfer-encoding", "content-id", "content-location",
                    "content-base", "content-language", "content-md5", "dkim-signature",
                    "domainkey-signature", "delivered-to", "original-recipient", "archived-at",
                    "auto-submitted", "autocrypt":
                    .none
                default: name.hasPrefix("arc-") || name.hasPrefix("list-") ? .none : .text
                }
        }
    }

    /// The fields in this form.
    ///
    /// - Parameter bytes: whole fields, without an empty line. What is no field stays as it is.
    package static func downgrade(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.withUnsafeBytes(\.hasEightBitOctets),
            // Limits are all that can be missed.
            let section = try? HeaderSection(bytes, limits: HeaderLimits(octets: .max, fields: .max))
        else { return bytes }
        var output: [UInt8] = []
        for field in section.fields {
            output += replacement(for: field, in: section) ?? Array(bytes[field.whole])
        }
        return output + bytes[section.fieldsEnd...]
    }

    /// What takes the place of a field with its line end: nothing when it is empty; nil when the
    /// field stays.
    static func replacement(for field: HeaderField, in section: HeaderSection) -> [UInt8]? {
        let raw = section.rawValue(field)
        guard raw.withUnsafeBytes(\.hasEightBitOctets),
            String(validating: raw, as: UTF8.self) != nil
        else { return nil }
        let name = String(decoding: section.bytes[field.name], as: UTF8.self)
        let column = name.utf8.count + 2
        let value: String? =
            switch Kind(name.lowercased()) {
            case .addresses: DowngradedAddresses.list(raw, column: column)
            case .path: "<\(DowngradedAddresses.placeholder)>"
            case .parameters: DowngradedParameters.value(raw)
            case .text:
                EncodedWord.text(EncodedWord.decode(section.unfoldedValue(field)), column: column)
            case .none: nil
            }
        guard let value else { return [] }
        return Array("\(name): \(value)\r\n".utf8)
    }
}
