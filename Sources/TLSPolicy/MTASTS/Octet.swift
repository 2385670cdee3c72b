/// Octets that the grammars of RFC 8461 name.
enum Octet {
    static let lf: UInt8 = 0x0a
    static let cr: UInt8 = 0x0d
    static let colon = UInt8(ascii: ":")
    static let semicolon = UInt8(ascii: ";")

    static func isWhitespace(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

    static func isAlphanumeric(_ octet: UInt8) -> Bool {
        (octet | 0x20) &- 0x61 < 26 || octet &- 0x30 < 10
    }

    /// Without the white space around it.
    static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var octets = octets.drop(while: isWhitespace)
        while let last = octets.last, isWhitespace(last) { octets.removeLast() }
        return octets
    }
}

/// ```
/// sts-ext-name = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
/// ```
enum ExtensionName {
    static func isValid(_ name: ArraySlice<UInt8>) -> Bool {
        guard let first = name.first, name.count <= 32, Octet.isAlphanumeric(first) else { return false }
        return name.allSatisfy {
            Octet.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
    }
}
