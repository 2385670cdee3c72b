internal import CLDAP

/// A distinguished name, parsed by libldap (RFC 4514), for comparing and building names.
///
/// Two spellings of one name are equal here when they differ in the case or the spacing of ASCII
/// text and in escapes. That is what most naming attributes' matching rules say; the server's
/// schema is not consulted, so equality serves to find cycles and duplicates, not to grant rights.
package struct DistinguishedName: Hashable, Sendable, CustomStringConvertible {
    /// One relative name for each level, the entry's own first; each is its `type=value` pairs in
    /// sorted order, normalised.
    private let levels: [[[UInt8]]]
    /// As it was given.
    package let description: String

    /// Nil when the text is no distinguished name, is longer than 8 KiB or contains NUL.
    package init?(_ text: String) {
        guard text.utf8.count <= 8192, !text.utf8.contains(0) else { return nil }
        var parsed: LDAPDN?
        guard ldap_str2dn(text, &parsed, UInt32(LDAP_DN_FORMAT_LDAPV3)) == LDAP_SUCCESS
        else { return nil }
        defer { if let parsed { ldap_dnfree(parsed) } }
        var levels: [[[UInt8]]] = []
        if let parsed {
            var level = 0
            while let relative = parsed[level] {
                levels.append(Self.normalised(relative))
                level += 1
            }
        }
        self.levels = levels
        description = text
    }

    /// True for an entry somewhere below `ancestor`, and for `ancestor` itself.
    package func isWithin(_ ancestor: DistinguishedName) -> Bool {
        levels.suffix(ancestor.levels.count) == ancestor.levels[...]
    }

    /// The attributes of the entry's own relative name, in lower case.
    var namingAttributes: [String] {
        (levels.first ?? []).map { pair in
            String(decoding: pair.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
        }
    }

    package static func == (left: DistinguishedName, right: DistinguishedName) -> Bool {
        left.levels == right.levels
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(levels)
    }

    /// A value as it may stand in a name, `uid=<value>,ou=…` (RFC 4514 section 2.4). Stricter than
    /// it must be: everything but letters, digits, `@`, `.`, `-`, `_` and inner spaces becomes
    /// `\xx`.
    package static func escape(_ value: String) -> String {
        var escaped: [UInt8] = []
        let bytes = Array(value.utf8)
        for (index, byte) in bytes.enumerated() {
            let isInnerSpace = byte == UInt8(ascii: " ") && index > 0 && index < bytes.count - 1
            if byte.isASCIILetter || byte.isASCIIDigit || isInnerSpace
                || byte == UInt8(ascii: "@") || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            {
                escaped.append(byte)
            } else {
                escaped.append(UInt8(ascii: "\\"))
                escaped.append(HexDigits.upper(byte >> 4))
                escaped.append(HexDigits.upper(byte & 15))
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func normalised(_ relative: LDAPRDN) -> [[UInt8]] {
        var pairs: [[UInt8]] = []
        var index = 0
        while let pair = relative[index] {
            let type = bytes(pair.pointee.la_attr).map(\.asciiLowercased)
            pairs.append(type + [UInt8(ascii: "=")] + folded(bytes(pair.pointee.la_value)))
            index += 1
        }
        return pairs.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Lower case, no outer spaces, inner runs of spaces as one (RFC 4518 section 2.6.1).
    private static func folded(_ value: [UInt8]) -> [UInt8] {
        var folded: [UInt8] = []
        let space = UInt8(ascii: " ")
        for byte in value {
            if byte == space && (folded.isEmpty || folded.last == space) { continue }
            folded.append(byte.asciiLowercased)
        }
        if folded.last == space { folded.removeLast() }
        return folded
    }

    private static func bytes(_ value: berval) -> [UInt8] {
        guard let start = value.bv_val else { return [] }
        return UnsafeRawBufferPointer(start: start, count: Int(value.bv_len)).map { $0 }
    }
}
