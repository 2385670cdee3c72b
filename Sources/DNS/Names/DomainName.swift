internal import CIDN2

/// Names of domains: for people (U-labels) and for the DNS (A-labels, RFC 5890).
package enum DomainName {
    /// Longest name in A-labels, in octets without a dot at the end (RFC 1035 section 2.3.4).
    package static let maximumLength = 253
    /// Longest name that is looked at, in UTF-8.
    private static let maximumTextLength = 1024

    /// The name as the DNS knows it: A-labels in lower case without a dot at the end. IDNA2008 with
    /// the mappings of UTS 46, non-transitional: `Straße.example` is `xn--strae-oqa.example`.
    ///
    /// Nil for what can't name a host or a domain: not made of letters, digits, hyphens and
    /// underscores, too long, or ending in a number as IPv4 addresses do.
    package static func ascii(_ name: String) -> String? {
        var name = name
        let length = name.utf8.count
        guard length > 0, length <= maximumTextLength else { return nil }
        let isASCII = name.utf8.allSatisfy { $0 < 0x80 }
        if !isASCII {
            guard let converted = lookUpForm(name) else { return nil }
            name = converted
        }
        if name.utf8.last == UInt8(ascii: ".") { name.removeLast() }
        name = String(decoding: name.utf8.map(lowercased), as: UTF8.self)
        return isLegal(name) ? name : nil
    }

    /// Whether a name can be one under IDNA2008: each of its U-labels has an A-label of at most 63
    /// octets, each of its A-labels stands for something, and all of it is short enough.
    ///
    /// A-labels of characters that IDNA2008 does not allow, as emoji, are let pass: there are such
    /// names in the DNS, from the time of IDNA2003, and mail reaches them.
    package static func isPossible(_ name: String) -> Bool {
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return ascii(name) != nil }
        guard hasALabel(name) else { return true }
        guard name.utf8.count <= maximumLength else { return false }
        var output: UnsafeMutablePointer<UInt8>?
        let status = idn2_lookup_u8(name, &output, lookUpFlags)
        idn2_free(output)
        return ![
            IDN2_PUNYCODE_BAD_INPUT, IDN2_PUNYCODE_BIG_OUTPUT, IDN2_PUNYCODE_OVERFLOW,
            IDN2_ENCODING_ERROR, IDN2_INVALID_ALABEL, IDN2_ALABEL_ROUNDTRIP_FAILED,
            IDN2_INVALID_NONTRANSITIONAL,
        ].contains { $0.rawValue == status }
    }

    private static func hasALabel(_ name: String) -> Bool {
        name.utf8.split(separator: UInt8(ascii: ".")).contains { label in
            label.count >= 4 && label.prefix(4).map(lowercased).elementsEqual("xn--".utf8)
        }
    }

    /// The name as people write it. What is no valid internationalised name stays as it is.
    package static func unicode(_ name: String) -> String {
        guard name.utf8.count <= maximumTextLength, !name.utf8.contains(0) else { return name }
        var output: UnsafeMutablePointer<CChar>?
        guard idn2_to_unicode_8z8z(name, &output, 0) == IDN2_OK.rawValue, let output else {
            return name
        }
        defer { idn2_free(output) }
        let text = String(cString: output)
        // A name that would be another one when it is typed in again could pass for that one.
        return ascii(text) == ascii(name) ? text : name
    }

    private static var lookUpFlags: Int32 {
        Int32(IDN2_NFC_INPUT.rawValue | IDN2_NONTRANSITIONAL.rawValue)
    }

    /// Nil when a label breaks the rules of IDNA, also the Bidi and context rules.
    private static func lookUpForm(_ name: String) -> String? {
        guard !name.utf8.contains(0) else { return nil }
        var output: UnsafeMutablePointer<UInt8>?
        guard idn2_lookup_u8(name, &output, lookUpFlags) == IDN2_OK.rawValue, let output else {
            return nil
        }
        defer { idn2_free(output) }
        return String(cString: output)
    }

    /// Letters, digits and hyphens (RFC 1123 section 2.1), and the underscore of service names and
    /// of real hosts.
    private static func isLegal(_ name: String) -> Bool {
        guard name.utf8.count <= maximumLength else { return false }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isNumeric = labels.last?.allSatisfy(isDigit) ?? true
        return !isNumeric
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                    && label.last != UInt8(ascii: "-") && label.allSatisfy(isHostByte)
            }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
