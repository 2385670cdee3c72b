/// The encoding of delivery status parameters (RFC 3461 section 4).
enum XText {
    // xtext   = *( xchar / hexchar )
    // xchar   = %d33-42 / %d44-60 / %d62-126      ; UTF-8 as well (RFC 6533)
    // hexchar = "+" 2(%d48-57 / %d65-70)
    // Nil when it is not that, or when it decodes to a control character (an encoded CR or LF would
    // end a header line of a report) or to invalid UTF-8.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> String? {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "+") {
                guard index + 1 < bytes.count, let high = bytes[index].hexadecimalValue,
                    let low = bytes[index + 1].hexadecimalValue
                else { return nil }
                byte = high << 4 | low
                index += 2
            }
            guard byte >= 0x20, byte != 0x7f else { return nil }
            plain.append(byte)
        }
        return String(validating: plain, as: UTF8.self)
    }

    /// The text with each octet that is no xchar as a hexchar.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x21...0x2a, 0x2c...0x3c, 0x3e...0x7e: encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "+"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
