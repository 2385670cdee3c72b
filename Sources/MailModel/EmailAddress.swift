/// A mailbox address, `local-part@domain` (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
///
/// The local part is kept as its unquoted text and compared exactly; whether two spellings mean
/// one person is the directory's to say. The domain is kept in lower case.
package struct EmailAddress: Hashable, Sendable {
    /// Longest local part and domain, in octets (RFC 5321 section 4.5.3.1).
    package static let maximumLocalPartLength = 64
    package static let maximumDomainLength = 255

    package let localPart: String
    package let domain: String

    package init(localPart: String, domain: String) {
        self.localPart = localPart
        self.domain = domain.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            ? domain.lowercased() : domain
    }

    /// Parses `local@domain`, the local part a dot-string or a quoted string. Comments, folding
    /// space and display names are not accepted. Nil when it is not an address.
    package init?(_ text: String) {
        guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let local = text[..<at]
        let domain = text[text.utf8.index(after: at)...]
        guard Self.isDomain(domain.utf8), let unquoted = Self.unquote(local) else { return nil }
        self.init(localPart: unquoted, domain: String(domain))
    }

    /// Whether the local part holds bytes outside ASCII, so that SMTPUTF8 is needed to carry it.
    package var needsSMTPUTF8: Bool {
        localPart.utf8.contains { $0 >= 0x80 } || domain.utf8.contains { $0 >= 0x80 }
    }

    private static func isDomain(_ domain: Substring.UTF8View) -> Bool {
        guard !domain.isEmpty, domain.count <= maximumDomainLength else { return false }
        if domain.first == UInt8(ascii: "[") { return domain.last == UInt8(ascii: "]") }
        let (dot, hyphen) = (UInt8(ascii: "."), UInt8(ascii: "-"))
        var previous = dot
        var (labelLength, isASCII) = (0, true)
        for byte in domain {
            if byte == dot {
                guard previous != dot, previous != hyphen, labelLength <= 63 || !isASCII
                else { return false }
                (labelLength, isASCII) = (0, true)
            } else {
                labelLength += 1
                isASCII = isASCII && byte < 0x80
                guard isDomainByte(byte), byte != hyphen || previous != dot else { return false }
            }
            previous = byte
        }
        // A U-label may be longer than the A-label that counts (RFC 5890 section 2.3.2.1).
        return previous != dot && previous != hyphen && (labelLength <= 63 || !isASCII)
    }

    /// Letters, digits, hyphen, bytes of UTF-8, and the underscore that real hosts have.
    private static func isDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private static func unquote(_ local: Substring) -> String? {
        let bytes = local.utf8
        guard !bytes.isEmpty else { return nil }
        guard bytes.first == UInt8(ascii: "\"") else {
            return isDotString(bytes) && bytes.count <= maximumLocalPartLength
                ? String(local) : nil
        }
        guard bytes.count >= 2, bytes.last == UInt8(ascii: "\"") else { return nil }
        var plain: [UInt8] = []
        var escaped = false
        for byte in bytes.dropFirst().dropLast() {
            if escaped {
                guard (0x20...0x7e).contains(byte) else { return nil }
                plain.append(byte)
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else {
                guard byte >= 0x20, byte != 0x7f, byte != UInt8(ascii: "\"") else { return nil }
                plain.append(byte)
            }
        }
        guard !escaped, plain.count <= maximumLocalPartLength else { return nil }
        return String(decoding: plain, as: UTF8.self)
    }

    /// Atoms with single dots between them.
    private static func isDotString(_ text: some Sequence<UInt8>) -> Bool {
        let dot = UInt8(ascii: ".")
        var previous = dot
        for byte in text {
            guard byte == dot ? previous != dot : isAtomByte(byte) else { return false }
            previous = byte
        }
        return previous != dot
    }

    /// `atext` of RFC 5322 section 3.2.3, with the UTF-8 of RFC 6531.
    package static func isAtomByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
            UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "?"),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "{"),
            UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension EmailAddress: CustomStringConvertible {
    /// The address as it stands in a command or a header, the local part quoted where it must be.
    package var description: String {
        isLocalPartPlain ? "\(localPart)@\(domain)" : "\(quotedLocalPart)@\(domain)"
    }

    /// Appends the octets of `description`.
    package func append(to octets: inout [UInt8]) {
        octets.append(contentsOf: isLocalPartPlain ? localPart.utf8 : quotedLocalPart.utf8)
        octets.append(UInt8(ascii: "@"))
        octets.append(contentsOf: domain.utf8)
    }

    private var isLocalPartPlain: Bool { Self.isDotString(localPart.utf8) }

    private var quotedLocalPart: String {
        var quoted = "\""
        for scalar in localPart.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.append("\"")
        return quoted
    }
}
