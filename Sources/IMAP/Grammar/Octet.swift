#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

enum Octet {
    static let lf: UInt8 = 0x0a
    static let cr: UInt8 = 0x0d
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let backslash: UInt8 = 0x5c
}

extension UInt8 {
    var asciiUppercased: UInt8 { self &- 0x61 < 26 ? self & 0xdf : self }

    var isASCIIDigit: Bool { self &- 0x30 < 10 }

    var isASCIILetter: Bool { (self | 0x20) &- 0x61 < 26 }

    // ATOM-CHAR     = <any CHAR except atom-specials>
    // atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
    var isAtomCharacter: Bool {
        switch self {
        case 0...0x20, 0x7f...0xff, UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "{"),
            UInt8(ascii: "%"), UInt8(ascii: "*"), UInt8(ascii: "\""), UInt8(ascii: "\\"),
            UInt8(ascii: "]"):
            false
        default: true
        }
    }

    // ASTRING-CHAR = ATOM-CHAR / resp-specials
    var isAStringCharacter: Bool { isAtomCharacter || self == UInt8(ascii: "]") }

    // list-char = ATOM-CHAR / list-wildcards / resp-specials
    var isListCharacter: Bool {
        isAStringCharacter || self == UInt8(ascii: "%") || self == UInt8(ascii: "*")
    }

    // tag = 1*<any ASTRING-CHAR except "+">
    var isTagCharacter: Bool { isAStringCharacter && self != UInt8(ascii: "+") }
}

extension UnsafeRawBufferPointer {
    /// The first `octet` from `start`. memchr is eight times as fast as `firstIndex`.
    func index(of octet: UInt8, from start: Int) -> Int? {
        guard start < count, let base = baseAddress,
            let found = memchr(base + start, Int32(octet), count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
