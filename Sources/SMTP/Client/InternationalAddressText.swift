/// An address of type utf-8 in ASCII (RFC 6533 section 3):
///
/// ```
/// utf-8-addr-xtext    = 1*( QCHAR / EmbeddedUnicodeChar )
/// QCHAR               = %x21-2a / %x2c-3c / %x3e-5b / %x5d-7e
/// EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"
/// ```
/// Every server with DSN takes it, with SMTPUTF8 or without.
enum InternationalAddressText {
    /// - Parameter address: where characters may stand in that form already.
    static func encode(_ address: String) -> String {
        var text = ""
        let scalars = Array(address.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            switch scalar.value {
            case 0x5c where isEmbedded(scalars[(index + 1)...]): text.unicodeScalars.append(scalar)
            case 0x21...0x2a, 0x2c...0x3c, 0x3e...0x5b, 0x5d...0x7e:
                text.unicodeScalars.append(scalar)
            default: text += "\\x{\(String(scalar.value, radix: 16, uppercase: true))}"
            }
        }
        return text
    }

    /// Whether `x{`, hexadecimal digits and `}` follow.
    private static func isEmbedded(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
        guard rest.starts(with: ["x", "{"]) else { return false }
        let digits = rest.dropFirst(2).prefix { $0.properties.isASCIIHexDigit }
        return (1...6).contains(digits.count) && rest.dropFirst(2 + digits.count).first == "}"
    }
}
