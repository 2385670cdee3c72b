internal import MailModel

/// Makes text from elsewhere (a client, the directory, another host) safe to stand in a report:
/// no control character passes, so nothing can begin a line of its own.
enum ReportText {
    /// Longest value of a field, in octets; a line may have 998 (RFC 5322 section 2.1.1).
    private static let maximumLength = 900

    /// In one line, controls as spaces; cut when it is too long.
    static func oneLine(_ text: String) -> String {
        if text.utf8.count <= maximumLength, text.isPrintableASCII { return text }
        var line = String.UnicodeScalarView()
        var length = 0
        for scalar in text.unicodeScalars {
            length += UTF8.width(scalar)
            guard length <= maximumLength else { break }
            line.append(scalar.isControl ? " " : scalar)
        }
        return String(line)
    }

    /// Printable ASCII; any other octet in the form of xtext.
    ///
    /// ```
    /// xtext   = *( xchar / hexchar )       ; RFC 3461 section 4
    /// hexchar = "+" two upper case hexadecimal digits
    /// ```
    static func printable(_ text: String) -> String {
        var printable = ""
        for byte in text.utf8.prefix(maximumLength / 3) {
            if (0x20...0x7e).contains(byte) {
                printable.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                printable += "+" + (byte < 16 ? "0" : "") + digits
            }
        }
        return printable
    }

    /// An address of type `utf-8` (RFC 6533 section 3).
    ///
    /// ```
    /// utf-8-addr-unitext  = 1*(QUCHAR / EmbeddedUnicodeChar)
    /// QUCHAR              = any but controls, space, "+", "=" and "\"
    /// EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"       ; \x{...}
    /// ```
    static func internationalized(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(maximumLength / 4) {
            switch scalar.value {
            case ...0x20, 0x7f...0x9f, 0x2028, 0x2029, UInt32(UInt8(ascii: "+")),
                UInt32(UInt8(ascii: "=")), UInt32(UInt8(ascii: "\\")):
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let padded = digits.count < 2 ? "0" + digits : digits
                result.append(contentsOf: "\\x{\(padded)}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Lines of at most `width` characters where spaces allow it.
    static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// A header field, folded at spaces, with its CRLF.
    static func field(_ name: String, _ value: String) -> String {
        let lines = wrap("\(name): \(oneLine(value))", width: 76)
        return lines.joined(separator: "\r\n ") + "\r\n"
    }
}
