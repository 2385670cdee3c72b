internal import MailModel

/// The public half, as the DNS holds it.
extension DKIMKey {
    /// The longest string inside a TXT record (RFC 1035 section 3.3).
    private static let longestString = 255

    /// The TXT record's text (RFC 6376 section 3.6.1).
    package var record: String {
        "v=DKIM1; k=\(kind.rawValue); p=\(Base64.encode(publicKey))"
    }

    /// The same in the strings that the record is made of; who reads it joins them.
    package var recordStrings: [String] {
        let text = Array(record.utf8)
        return stride(from: 0, to: text.count, by: Self.longestString).map {
            String(decoding: text[$0..<min($0 + Self.longestString, text.count)], as: UTF8.self)
        }
    }

    /// Where the record stands (RFC 6376 section 3.6.2.1), without a final dot.
    package func recordName(domain: String) throws(DKIMError) -> String {
        guard DNSName.isValid(domain) else { throw .badName(domain) }
        return "\(selector)._domainkey.\(domain.lowercased())"
    }

    /// The line of a zone file (RFC 1035 section 5.1).
    package func zoneLine(domain: String) throws(DKIMError) -> String {
        let strings = recordStrings.map { "\"\($0)\"" }
        return try "\(recordName(domain: domain)). IN TXT "
            + (strings.count == 1 ? strings[0] : "( " + strings.joined(separator: " ") + " )")
    }
}
