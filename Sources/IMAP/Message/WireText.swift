/// Gathers a reply's text outside of a session. Strings are quoted when they are short and plain, else
/// literals; so the text suits clients of every kind.
struct WireText {
    /// Literals are shorter beyond these.
    private static let maximumEscapes = 4

    var bytes: [UInt8] = []

    mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func octet(_ character: Unicode.Scalar) { bytes.append(UInt8(ascii: character)) }

    mutating func number(_ number: Int) {
        if number < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    /// ```
    /// string = quoted / literal
    /// ```
    /// - Parameter text: without CR, LF and NUL.
    mutating func string(_ text: some Collection<UInt8>) {
        var escapes = 0
        for octet in text {
            if octet >= 0x80 {
                literal(text)
                return
            }
            if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { escapes += 1 }
        }
        guard escapes <= Self.maximumEscapes else {
            literal(text)
            return
        }
        octet("\"")
        if escapes == 0 {
            bytes.append(contentsOf: text)
        } else {
            for octet in text {
                if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") {
                    bytes.append(UInt8(ascii: "\\"))
                }
                bytes.append(octet)
            }
        }
        octet("\"")
    }

    private mutating func literal(_ text: some Collection<UInt8>) {
        octet("{")
        number(text.count)
        raw("}\r\n")
        bytes.append(contentsOf: text)
    }

    /// A header field's text, unfolded (RFC 5322 section 2.2.3); NIL for none.
    mutating func unfolded(_ value: [UInt8]?) {
        guard let value else {
            raw("NIL")
            return
        }
        let isPlain = value.allSatisfy { $0 >= 0x20 }
        string(isPlain ? value : Self.unfold(value))
    }

    /// The same for what people read: runs of space become one.
    mutating func readable(_ value: [UInt8]?) {
        guard let value else {
            raw("NIL")
            return
        }
        var last: UInt8 = 0x20
        for octet in value {
            if octet < 0x20 || octet == 0x20 && last == 0x20 {
                string(Self.compress(value))
                return
            }
            last = octet
        }
        string(last == 0x20 && !value.isEmpty ? Self.compress(value) : value)
    }

    /// Line ends go, and a NUL, which no literal may hold, becomes U+FFFD.
    private static func unfold(_ value: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(value.count)
        for octet in value {
            switch octet {
            case 0x0a, 0x0d: break
            case 0: text += [0xef, 0xbf, 0xbd]
            default: text.append(octet)
            }
        }
        return text
    }

    private static func compress(_ value: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(value.count)
        var hasSpace = false
        for octet in value {
            switch octet {
            case 0x09, 0x0a, 0x0d, 0x20: hasSpace = !text.isEmpty
            default:
                if hasSpace { text.append(0x20) }
                hasSpace = false
                if octet == 0 { text += [0xef, 0xbf, 0xbd] } else { text.append(octet) }
            }
        }
        return text
    }
}
