/// Reads one command in place, and never past its end. The functions of the grammar are extensions,
/// a family of commands each; each stands at the first octet of what it reads, and leaves the parser
/// at the first octet behind it.
///
/// Between arguments any number of spaces is taken where the grammar has one, and spaces are passed
/// over before the end of a line and inside parentheses: Dovecot does so, too, and clients rely on it.
/// The tag, UID and the command's name are followed by one space alone, as there.
///
/// Valid only while the octets that it was made from are.
struct CommandParser {
    let bytes: UnsafeRawBufferPointer
    let limits: CommandLimits
    /// Quoted strings may be UTF-8 and mailbox names are (RFC 6855, RFC 9051).
    let acceptsUTF8: Bool
    /// The octets end with the announcement of a literal that is still to come.
    let isPrefix: Bool

    var position = 0
    var nesting = 0
    var searchKeys = 0

    /// What has been understood so far, for replies to what was not.
    var tag: String?
    var name: CommandName?

    /// - Parameter bytes: without the last CRLF, but with those of literals.
    init(
        _ bytes: UnsafeRawBufferPointer, _ limits: CommandLimits, acceptsUTF8: Bool,
        isPrefix: Bool = false
    ) {
        self.bytes = bytes
        self.limits = limits
        self.acceptsUTF8 = acceptsUTF8
        self.isPrefix = isPrefix
    }

    var isAtEnd: Bool { position >= bytes.count }

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skip(_ octet: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == octet else { return false }
        position += 1
        return true
    }

    mutating func skipSpaces() {
        while position < bytes.count, bytes[position] == Octet.space { position += 1 }
    }

    /// Passes over spaces and tells whether there was one.
    mutating func skipSpace() -> Bool {
        guard skip(Octet.space) else { return false }
        skipSpaces()
        return true
    }

    mutating func space() throws(ParseFailure) {
        guard skipSpace() else { throw expected("a space") }
    }

    mutating func oneSpace() throws(ParseFailure) {
        try expect(Octet.space, "a space")
        guard peek != Octet.space else { throw expected("one space alone") }
    }

    mutating func expect(_ octet: UInt8, _ what: StaticString) throws(ParseFailure) {
        guard skip(octet) else { throw expected(what) }
    }

    mutating func end() throws(ParseFailure) {
        skipSpaces()
        guard isAtEnd else { throw expected("the end of the command") }
    }

    /// The octets from here as long as they satisfy `condition`; perhaps none.
    mutating func take(while condition: (UInt8) -> Bool) -> UnsafeRawBufferPointer {
        let start = position
        while position < bytes.count, condition(bytes[position]) { position += 1 }
        return slice(start, position)
    }

    func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// A word of letters, digits, "-" and "."; nil, without moving, when it can be none of the
    /// protocol's.
    mutating func keyword() -> Keyword? {
        let start = position
        let word = take { $0.isASCIILetter || $0.isASCIIDigit || $0 == 0x2d || $0 == 0x2e }
        guard !word.isEmpty, let keyword = Keyword(word) else {
            position = start
            return nil
        }
        return keyword
    }

    /// The value that the word standing here has in `table`.
    mutating func word<Value>(
        in table: [Keyword: Value], _ what: StaticString
    ) throws(ParseFailure) -> Value {
        let start = position
        guard let keyword = keyword(), let value = table[keyword] else {
            position = start
            throw expected(what)
        }
        return value
    }

    /// Passes over `word` (upper case) when it stands here as a whole word.
    mutating func skip(word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        for index in position..<end
        where bytes[index].asciiUppercased != word.utf8Start[index - position] { return false }
        if end < bytes.count, bytes[end].isAtomCharacter { return false }
        position = end
        return true
    }

    // "(" [element *(SP element)] ")"
    mutating func list<Element>(
        _ what: StaticString, allowsEmpty: Bool = false,
        _ element: (inout CommandParser) throws(ParseFailure) -> Element
    ) throws(ParseFailure) -> [Element] {
        try expect(UInt8(ascii: "("), what)
        var elements: [Element] = []
        skipSpaces()
        if skip(UInt8(ascii: ")")) {
            guard allowsEmpty else { throw expected(what) }
            return elements
        }
        while true {
            guard elements.count < limits.maximumListLength else { throw tooMuch("list too long") }
            elements.append(try element(&self))
            let hasSpace = skipSpace()
            if skip(UInt8(ascii: ")")) { return elements }
            guard hasSpace else { throw expected("a space or \")\"") }
        }
    }

    /// Goes one level deeper for `body`.
    mutating func nested<Result>(
        _ body: (inout CommandParser) throws(ParseFailure) -> Result
    ) throws(ParseFailure) -> Result {
        guard nesting < limits.maximumNesting else { throw tooMuch("nested too deeply") }
        nesting += 1
        let result = try body(&self)
        nesting -= 1
        return result
    }

    /// The position stands for what was found there: an excerpt could show a password to a log.
    func expected(_ what: StaticString) -> ParseFailure {
        .syntax(SyntaxError(.syntax, "expected \(what) at octet \(position + 1) of the command"))
    }

    func invalid(_ text: StaticString) -> ParseFailure {
        .syntax(SyntaxError(.syntax, "\(text), at octet \(position + 1) of the command"))
    }

    func tooMuch(_ text: StaticString) -> ParseFailure {
        .syntax(SyntaxError(.overLimit, "\(text), at octet \(position + 1) of the command"))
    }
}
