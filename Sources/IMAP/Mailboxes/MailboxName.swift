// Normalisation is the standard library's, without Foundation's weight.
@_spi(_Unicode) import Swift

/// Rules for mailbox names: UTF-8 in Unicode's normalisation form C (RFC 9051 section 5.1, RFC 5198),
/// levels separated by "/".
package enum MailboxName {
    package static let separator: Character = "/"
    package static let inbox = "INBOX"
    /// Where other users' mailboxes stand (RFC 2342): `Other Users/<login>/<name>`.
    package static let otherUsers = "Other Users"
    /// Octets.
    package static let maximumLength = 1000
    package static let maximumLevelLength = 255
    package static let maximumDepth = 32

    /// The one spelling of the name: normalised, INBOX in upper case (RFC 9051 section 5.1 wants it
    /// to match in any case).
    package static func canonical(_ name: String) -> String {
        var name = name.utf8.allSatisfy { $0 < 0x80 } ? name : normalized(name)
        let level = name.utf8.prefix { $0 != UInt8(ascii: "/") }
        if level.count == inbox.utf8.count,
            level.elementsEqual(inbox.utf8, by: { $0 & 0xdf == $1 })
        {
            name.replaceSubrange(..<level.endIndex, with: inbox)
        }
        return name
    }

    /// Form C of a reference or pattern.
    package static func normalized(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text._nfc)
        return String(scalars)
    }

    /// Why there can't be a mailbox of this (canonical) name, for the client; nil when there can.
    package static func problem(with name: String) -> String? {
        let bytes = name.utf8
        guard !bytes.isEmpty else { return "Mailbox name is empty" }
        guard bytes.count <= maximumLength else { return "Mailbox name is too long" }
        guard bytes.first != UInt8(ascii: "#") else { return "Mailbox name begins with #" }
        let levels = bytes.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard levels.count <= maximumDepth else { return "Mailbox name has too many levels" }
        for level in levels {
            guard !level.isEmpty else { return "Mailbox name has an empty level" }
            guard level.count <= maximumLevelLength else {
                return "Mailbox name has a level that is too long"
            }
            guard !level.elementsEqual(".".utf8), !level.elementsEqual("..".utf8) else {
                return "Mailbox name has a level of dots"
            }
        }
        guard name.unicodeScalars.allSatisfy(isAllowed) else {
            return "Mailbox name has characters that are not allowed, or is not in modified UTF-7"
        }
        return nil
    }

    /// The names above, the highest first.
    package static func superiors(of name: String) -> [String] {
        name.utf8.indices.filter { name.utf8[$0] == UInt8(ascii: "/") }
            .map { String(name[..<$0]) }
    }

    package static func isInferior(_ name: String, of superior: String) -> Bool {
        name.utf8.count > superior.utf8.count && name.utf8.starts(with: superior.utf8)
            && name.utf8.dropFirst(superior.utf8.count).first == UInt8(ascii: "/")
    }

    /// RFC 5198 section 2: no controls, no line or paragraph separators. U+FFFD stands for what could
    /// not be read.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0xfffd...0xffff: false
        default: true
        }
    }
}
