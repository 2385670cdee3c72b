/// Strings and what is made of them.
extension CommandParser {
    // atom = 1*ATOM-CHAR
    mutating func atom(_ what: StaticString) throws(ParseFailure) -> String {
        let octets = take(while: \.isAtomCharacter)
        guard !octets.isEmpty else { throw expected(what) }
        return String(decoding: octets, as: UTF8.self)
    }

    /// An atom in upper case: names of capabilities, mechanisms and the like.
    mutating func upperCaseAtom(_ what: StaticString) throws(ParseFailure) -> String {
        let octets = take(while: \.isAtomCharacter)
        guard !octets.isEmpty else { throw expected(what) }
        return String(decoding: octets.map(\.asciiUppercased), as: UTF8.self)
    }

    // astring = 1*ASTRING-CHAR / string
    /// - Parameter lenient: quoted strings may be UTF-8 whatever the client has enabled.
    mutating func astring(
        _ what: StaticString = "a string", lenient: Bool = false
    ) throws(ParseFailure) -> [UInt8] {
        let octets = take(while: \.isAStringCharacter)
        return octets.isEmpty ? try string(what, lenient: lenient) : Array(octets)
    }

    // string = quoted / literal
    mutating func string(
        _ what: StaticString = "a string", lenient: Bool = false
    ) throws(ParseFailure) -> [UInt8] {
        switch peek {
        case Octet.quote: try quoted(lenient: lenient)
        case UInt8(ascii: "{"): try literal()
        default: throw expected(what)
        }
    }

    // nstring = string / nil
    mutating func nstring(_ what: StaticString) throws(ParseFailure) -> [UInt8]? {
        skip(word: "NIL") ? nil : try string(what)
    }

    // quoted              = DQUOTE *QUOTED-CHAR DQUOTE
    // QUOTED-CHAR         = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials / UTF8-2 /
    //                       UTF8-3 / UTF8-4
    // TEXT-CHAR           = <any CHAR except CR and LF>
    mutating func quoted(lenient: Bool = false) throws(ParseFailure) -> [UInt8] {
        try expect(Octet.quote, "a quoted string")
        let start = position
        var result: [UInt8] = []
        var taken = position
        var isASCII = true
        while position < bytes.count {
            switch bytes[position] {
            case Octet.quote:
                result.append(contentsOf: slice(taken, position))
                position += 1
                guard isASCII || (lenient || acceptsUTF8) && UTF8Text.isValid(result) else {
                    position = start
                    throw acceptsUTF8
                        ? invalid("quoted string is not UTF-8")
                        : invalid("8-bit octets in a quoted string: use a literal or ENABLE UTF8=ACCEPT")
                }
                return result
            case Octet.backslash:
                result.append(contentsOf: slice(taken, position))
                position += 1
                taken = position
                guard let escaped = peek, escaped == Octet.quote || escaped == Octet.backslash
                else { throw expected("a quote or a backslash after a backslash") }
            case 0, Octet.cr, Octet.lf: throw invalid("control character in a quoted string")
            case 0x80...: isASCII = false
            default: break
            }
            position += 1
        }
        throw expected("the end of the quoted string")
    }

    mutating func literal() throws(ParseFailure) -> [UInt8] {
        let octets = try literalOctets()
        guard octets.index(of: 0, from: 0) == nil else { throw invalid("NUL in a literal") }
        return Array(octets)
    }

    // literal8 = "~{" number64 ["+"] "}" CRLF *OCTET
    mutating func literal8() throws(ParseFailure) -> [UInt8] {
        try expect(UInt8(ascii: "~"), "a literal")
        return Array(try literalOctets())
    }

    private mutating func literalOctets() throws(ParseFailure) -> UnsafeRawBufferPointer {
        let head = try literalHead()
        guard !(isPrefix && isAtEnd) else { throw .needsLiteral }
        // The reader has found the same head, and ended the command behind the literal.
        guard let size = Int(exactly: head.size), size <= bytes.count - position else {
            throw invalid("literal cut off")
        }
        position += size
        return slice(position - size, position)
    }

    /// With its CRLF.
    mutating func literalHead() throws(ParseFailure) -> LiteralHead {
        let start = position
        let isBinary = skip(UInt8(ascii: "~"))
        guard skip(UInt8(ascii: "{")) else {
            position = start
            throw expected("a literal")
        }
        let size = try number64("the size of a literal")
        let isSynchronizing = !skip(UInt8(ascii: "+"))
        try expect(UInt8(ascii: "}"), "\"}\"")
        _ = skip(Octet.cr)
        try expect(Octet.lf, "a line's end after the literal's announcement")
        return LiteralHead(size: size, isSynchronizing: isSynchronizing, isBinary: isBinary)
    }

    /// Octets that have to be text.
    func text(_ octets: [UInt8]) throws(ParseFailure) -> String {
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw invalid("string is not UTF-8")
        }
        return text
    }

    mutating func astringText(_ what: StaticString) throws(ParseFailure) -> String {
        try text(try astring(what, lenient: true))
    }

    // mailbox = "INBOX" / astring
    /// In UTF-8, INBOX in upper case.
    mutating func mailbox() throws(ParseFailure) -> String {
        let name = try mailboxName(try astring("a mailbox name"))
        return name.utf8.count == 5 && name.uppercased() == "INBOX" ? "INBOX" : name
    }

    // list-mailbox = 1*list-char / string
    mutating func mailboxPattern() throws(ParseFailure) -> String {
        let octets = take(while: \.isListCharacter)
        return try mailboxName(octets.isEmpty ? try string("a mailbox pattern") : Array(octets))
    }

    private static func unreadableName(_ octets: [UInt8]) -> String? {
        octets.allSatisfy { $0 < 0x80 }
            ? String(decoding: octets, as: UTF8.self).replacing("&", with: "\u{FFFD}") : nil
    }

    /// Octets that are no modified UTF-7 (RFC 3501 section 5.1.3) name no mailbox, and none can be
    /// made of them: their "&" becomes U+FFFD, which no name holds.
    mutating func mailboxName(_ octets: [UInt8]) throws(ParseFailure) -> String {
        guard
            let name = acceptsUTF8
                ? String(validating: octets, as: UTF8.self)
                : ModifiedUTF7.decode(octets)
                    ?? Self.unreadableName(octets)
        else {
            throw acceptsUTF8
                ? invalid("mailbox name is not UTF-8") : invalid("mailbox name is not ASCII")
        }
        guard !name.utf8.contains(where: { $0 == 0 || $0 == Octet.cr || $0 == Octet.lf }) else {
            throw invalid("control character in a mailbox name")
        }
        return name
    }
}
