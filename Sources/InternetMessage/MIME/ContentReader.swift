/// The values of the Content fields (RFC 2045 section 5.1, RFC 2183, RFC 3282), read leniently: one pass
/// forward.
struct ContentReader {
    private static let maximumLanguageOctets = 100

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
        skipSpace()
    }

    private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    /// ```
    /// content = type "/" subtype *(";" parameter)
    /// ```
    /// "text" alone, of the time before MIME, is text/plain. Nil when there is no type.
    mutating func mediaType() -> (type: [UInt8], subtype: [UInt8])? {
        guard let type = token() else { return nil }
        if current == nil, type.withUnsafeBytes({ $0.isASCIIEqual("text") }) {
            return (type, Array("plain".utf8))
        }
        guard current == UInt8(ascii: "/") else { return nil }
        position += 1
        skipSpace()
        guard let subtype = token(), current == nil || current == UInt8(ascii: ";") else { return nil }
        return (type, subtype)
    }

    /// The value, if it is one token.
    mutating func onlyToken() -> [UInt8]? {
        guard let token = token(), current == nil else { return nil }
        return token
    }

    /// ```
    /// token = 1*<any CHAR except SPACE, CTLs, or tspecials>
    /// ```
    /// 8-bit octets are let pass. With the space behind it.
    mutating func token() -> [UInt8]? {
        let start = position
        while let octet = current, Self.isTokenOctet(octet) { position += 1 }
        guard position > start else { return nil }
        defer { skipSpace() }
        return Array(bytes[start..<position])
    }

    /// ```
    /// parameters = *(";" attribute "=" (token / quoted-string))
    /// ```
    /// What is none is passed over up to the next semicolon.
    mutating func parameters(limit: Int) -> [ContentParameter] {
        var parameters: [ContentParameter] = []
        while parameters.count < limit, let octet = current {
            position += 1
            guard octet == UInt8(ascii: ";") else { continue }
            skipSpace()
            guard let name = token(), current == UInt8(ascii: "=") else { continue }
            position += 1
            skipSpace()
            guard let value = value() else { continue }
            parameters.append(ContentParameter(name: name, value: value))
        }
        return parameters
    }

    /// Nil for a quoted string without an end.
    private mutating func value() -> [UInt8]? {
        guard let first = current else { return [] }
        if first == Octet.quote { return quotedString() }
        if first == UInt8(ascii: "=") {
            // An encoded word, which must not stand here and often does.
            let start = position
            while let octet = current, octet > Octet.space, octet != UInt8(ascii: ";") { position += 1 }
            defer { skipSpace() }
            return Array(bytes[start..<position])
        }
        return token() ?? []
    }

    private mutating func quotedString() -> [UInt8]? {
        position += 1
        var text: [UInt8] = []
        while let octet = current {
            position += 1
            switch octet {
            case Octet.quote:
                skipSpace()
                return text
            case Octet.backslash:
                guard let next = current, next != Octet.lf else { continue }
                text.append(next)
                position += 1
            case Octet.lf: break
            default: text.append(octet)
            }
        }
        return nil
    }

    /// ```
    /// Language-List = Language-Tag *("," Language-Tag)
    /// ```
    mutating func languages(limit: Int) -> [[UInt8]] {
        var languages: [[UInt8]] = []
        while languages.count < limit, let language = token(),
            language.count <= Self.maximumLanguageOctets
        {
            languages.append(language)
            guard current == Octet.comma else { break }
            position += 1
            skipSpace()
        }
        return languages
    }

    private static func isTokenOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0...0x20, 0x7f: false
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), Octet.at,
            Octet.comma, UInt8(ascii: ";"), Octet.colon, Octet.backslash, Octet.quote,
            UInt8(ascii: "/"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "?"),
            UInt8(ascii: "="):
            false
        default: true
        }
    }

    /// `[CFWS]`. A comment without an end takes the rest.
    private mutating func skipSpace() {
        var depth = 0
        while let octet = current {
            switch octet {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")") where depth > 0: depth -= 1
            case Octet.backslash where depth > 0: position += 1
            case Octet.space, Octet.tab, Octet.cr, Octet.lf: break
            default: if depth == 0 { return }
            }
            position += 1
        }
        position = min(position, bytes.endIndex)
    }
}
