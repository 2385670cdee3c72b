/// A search filter in the string form of RFC 4515. Values are escaped by the functions that build
/// it, so a filter can't be changed by what a client sent.
///
/// Attribute names come from the configuration and are not escaped; `isAttributeName` checks them
/// where they are read.
package struct LDAPFilter: Hashable, Sendable, CustomStringConvertible {
    /// The string form, parentheses included.
    package let text: String

    /// Filter text that an administrator wrote: the configuration's, or a `memberURL`'s. Never a
    /// client's.
    package init(trusted text: String) {
        self.text = text
    }

    package var description: String { text }

    /// Every entry has an object class.
    package static let anyEntry = LDAPFilter(trusted: "(objectClass=*)")

    package static func equal(_ attribute: String, _ value: String) -> LDAPFilter {
        LDAPFilter(trusted: "(\(attribute)=\(escape(value.utf8)))")
    }

    package static func equal(_ attribute: String, bytes value: [UInt8]) -> LDAPFilter {
        LDAPFilter(trusted: "(\(attribute)=\(escape(value)))")
    }

    /// Values that begin with `prefix`.
    package static func begins(_ attribute: String, with prefix: String) -> LDAPFilter {
        LDAPFilter(trusted: "(\(attribute)=\(escape(prefix.utf8))*)")
    }

    /// Values that end with `suffix`.
    package static func ends(_ attribute: String, with suffix: String) -> LDAPFilter {
        LDAPFilter(trusted: "(\(attribute)=*\(escape(suffix.utf8)))")
    }

    package static func present(_ attribute: String) -> LDAPFilter {
        LDAPFilter(trusted: "(\(attribute)=*)")
    }

    /// An extensible match, `(attribute:rule:=value)`; the rule is an OID or a name.
    package static func matches(
        _ attribute: String, rule: String, _ value: String
    ) -> LDAPFilter {
        LDAPFilter(trusted: "(\(attribute):\(rule):=\(escape(value.utf8)))")
    }

    /// True where all are; one filter stands for itself. RFC 4526: none is true.
    package static func and(_ filters: [LDAPFilter]) -> LDAPFilter {
        combine("&", filters)
    }

    /// True where any is; one filter stands for itself. RFC 4526: none is false.
    package static func or(_ filters: [LDAPFilter]) -> LDAPFilter {
        combine("|", filters)
    }

    package static func not(_ filter: LDAPFilter) -> LDAPFilter {
        LDAPFilter(trusted: "(!\(filter.text))")
    }

    private static func combine(_ operation: String, _ filters: [LDAPFilter]) -> LDAPFilter {
        if filters.count == 1 { return filters[0] }
        return LDAPFilter(trusted: "(\(operation)\(filters.map(\.text).joined()))")
    }

    /// RFC 4515 section 3, `valueencoding`. Stricter than it must be: everything but letters,
    /// digits and a few harmless signs becomes `\xx`, so NUL, `(`, `)`, `*`, `\` and non-ASCII
    /// octets can't be taken for syntax by any server.
    package static func escape(_ value: some Sequence<UInt8>) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(value.underestimatedCount)
        for byte in value {
            if isHarmless(byte) {
                escaped.append(byte)
            } else {
                escaped.append(UInt8(ascii: "\\"))
                escaped.append(HexDigits.upper(byte >> 4))
                escaped.append(HexDigits.upper(byte & 15))
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "@"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: ","),
            UInt8(ascii: "="), UInt8(ascii: " "), UInt8(ascii: ":"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    /// RFC 4512 section 2.5: a description with options, by name or by OID.
    package static func isAttributeName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 256 else { return false }
        let isWord = { (byte: UInt8) in
            byte.isASCIILetter || byte.isASCIIDigit || byte == UInt8(ascii: "-")
        }
        guard first.isASCIILetter || first.isASCIIDigit else { return false }
        return name.utf8.allSatisfy {
            isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ";")
                || $0 == UInt8(ascii: "=") && name.utf8.contains(UInt8(ascii: ";"))
        }
    }
}
