/// The part of an LDAP URL (RFC 4516) that a dynamic group uses:
/// `ldap:///<base>?<attributes>?<scope>?<filter>`. The host is not looked at.
struct LDAPURL: Hashable, Sendable {
    let base: String
    /// Base when absent (RFC 4516 section 2).
    let scope: SearchScope
    let filter: LDAPFilter

    init?(_ text: String) {
        guard let scheme = text.firstRange(of: "://"),
            ["ldap", "ldaps", "ldapi"].contains(text[..<scheme.lowerBound].lowercased()),
            let slash = text[scheme.upperBound...].firstIndex(of: "/")
        else { return nil }
        let fields = text[text.index(after: slash)...]
            .split(separator: "?", maxSplits: 4, omittingEmptySubsequences: false)
            .map { Self.decode($0) }
        guard let base = fields[0] else { return nil }
        func field(_ index: Int) -> String? {
            fields.count > index ? fields[index] : ""
        }
        switch field(2)?.lowercased() {
        case "", "base": scope = .base
        case "one": scope = .one
        case "sub": scope = .subtree
        default: return nil
        }
        guard let filter = field(3) else { return nil }
        self.base = base
        self.filter = filter.isEmpty ? .anyEntry : LDAPFilter(trusted: filter)
    }

    /// Percent-decoding (RFC 3986 section 2.1); nil when it is malformed or no UTF-8.
    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue),
                let low = rest.popFirst().flatMap(hexValue)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
