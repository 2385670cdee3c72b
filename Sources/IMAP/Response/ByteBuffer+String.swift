package import NIOCore

/// Strings of replies (RFC 9051 section 4.3). Whatever a quoted string can't hold goes as a literal,
/// so that no octet of a message or a client's argument is ever taken for protocol. NUL, which no
/// literal may hold, must not be among the octets.
extension ByteBuffer {
    /// Longer strings go as literals: some clients read lines of limited length.
    private static let longestQuoted = 1000

    /// Octets without CR and LF, in double quotes.
    package mutating func writeIMAPQuoted(_ octets: some Sequence<UInt8>) {
        writeInteger(UInt8(ascii: "\""))
        for octet in octets {
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") {
                writeInteger(UInt8(ascii: "\\"))
            }
            writeInteger(octet)
        }
        writeInteger(UInt8(ascii: "\""))
    }

    package mutating func writeIMAPQuoted(_ text: String) { writeIMAPQuoted(text.utf8) }

    /// `{count}`, or `~{count}` for octets that may hold NUL (RFC 3516), with its CRLF.
    package mutating func writeIMAPLiteralHead(_ count: Int, binary: Bool = false) {
        if binary { writeInteger(UInt8(ascii: "~")) }
        writeInteger(UInt8(ascii: "{"))
        writeIMAPNumber(count)
        writeStaticString("}\r\n")
    }

    package mutating func writeIMAPLiteral(_ octets: some Collection<UInt8>) {
        writeIMAPLiteralHead(octets.count)
        writeBytes(octets)
    }

    /// string = quoted / literal
    package mutating func writeIMAPString(_ octets: some Collection<UInt8>) {
        if Self.isQuotable(octets) { writeIMAPQuoted(octets) } else { writeIMAPLiteral(octets) }
    }

    package mutating func writeIMAPString(_ text: String) { writeIMAPString(text.utf8) }

    /// A string that is UTF-8, quoted when the client has agreed to that (RFC 6855 section 3).
    package mutating func writeIMAPString8(_ octets: some Collection<UInt8>, utf8: Bool) {
        let isText =
            utf8 && octets.count <= Self.longestQuoted
            && octets.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
            && UTF8Text.isValid(octets)
        if isText { writeIMAPQuoted(octets) } else { writeIMAPString(octets) }
    }

    package mutating func writeIMAPString8(_ text: String, utf8: Bool) {
        writeIMAPString8(text.utf8, utf8: utf8)
    }

    /// nstring = string / nil
    package mutating func writeIMAPNString(_ octets: (some Collection<UInt8>)?) {
        if let octets { writeIMAPString(octets) } else { writeStaticString("NIL") }
    }

    /// astring = 1*ASTRING-CHAR / string
    package mutating func writeIMAPAString(_ text: String) {
        let octets = text.utf8
        let isAtom =
            !octets.isEmpty && octets.count <= Self.longestQuoted
            && octets.allSatisfy(\.isAStringCharacter) && !Self.isNIL(octets)
        if isAtom { writeBytes(octets) } else { writeIMAPString(octets) }
    }

    /// The name in UTF-8, or in modified UTF-7 for clients that don't expect UTF-8.
    package mutating func writeIMAPMailbox(_ name: String, utf8: Bool) {
        if utf8, !name.utf8.allSatisfy({ $0 < 0x80 }) {
            writeIMAPString8(name, utf8: true)
        } else if utf8 || !ModifiedUTF7.isNeeded(name) {
            writeIMAPAString(name)
        } else {
            writeIMAPAString(ModifiedUTF7.encode(name))
        }
    }

    private static func isQuotable(_ octets: some Collection<UInt8>) -> Bool {
        octets.count <= longestQuoted
            && octets.allSatisfy { $0 >= 0x20 && $0 < 0x7f || $0 == 0x09 }
    }

    /// Clients read an unquoted NIL as nothing.
    private static func isNIL(_ octets: String.UTF8View) -> Bool {
        octets.count == 3 && octets.elementsEqual("NIL".utf8) { $0.asciiUppercased == $1 }
    }
}
