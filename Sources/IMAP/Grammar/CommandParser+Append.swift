/// The pieces of APPEND and REPLACE, which are read one by one as they come.
extension CommandParser {
    // append  = "APPEND" SP mailbox 1*append-message
    // replace = ["UID" SP] "REPLACE" SP seq-number SP mailbox append-message       (RFC 8508)
    mutating func appendStart() throws(ParseFailure) -> AppendStart {
        var name = try head()
        let isUID = name == .uid
        if isUID {
            try space()
            name = try word(in: CommandName.table, "REPLACE")
        }
        try space()
        guard name == .replace else { return AppendStart(mailbox: try mailbox()) }
        let number = try sequenceNumber()
        try space()
        return AppendStart(
            mailbox: try mailbox(),
            replacing: SequenceSet(ranges: [.init(first: number, last: number)]), isUID: isUID)
    }

    /// What a message of APPEND is made of.
    enum AppendData {
        case literal(LiteralHead), utf8(LiteralHead), catenate
    }

    // append-message = [SP flag-list] [SP date-time] SP append-data
    // append-data    = literal / literal8 / "CATENATE" SP "(" cat-part *(SP cat-part) ")"
    //                  (RFC 4469) / "UTF8" SP "(" literal8 ")" (RFC 6855)
    /// Behind the first space.
    mutating func appendMessage() throws(ParseFailure) -> (AppendOptions, AppendData) {
        var options = AppendOptions()
        if peek == UInt8(ascii: "(") {
            options.flags = try flagList()
            try space()
        }
        if peek == Octet.quote {
            options.internalDate = try dateTime()
            try space()
        }
        if skip(word: "CATENATE") {
            try space()
            try expect(UInt8(ascii: "("), "the parts of CATENATE in parentheses")
            skipSpaces()
            return (options, .catenate)
        }
        if peek?.asciiUppercased == UInt8(ascii: "U") { return (options, .utf8(try utf8Head())) }
        return (options, .literal(try messageHead()))
    }

    enum CatenatePart {
        case url(String), text(LiteralHead), utf8(LiteralHead)
    }

    // cat-part     = "URL" SP astring / text-literal / "UTF8" SP "(" literal8 ")"
    // text-literal = "TEXT" SP literal
    mutating func catenatePart() throws(ParseFailure) -> CatenatePart {
        if skip(word: "URL") {
            try space()
            return .url(try astringText("a URL"))
        }
        if skip(word: "TEXT") {
            try space()
            return .text(try messageHead())
        }
        guard peek?.asciiUppercased == UInt8(ascii: "U") else { throw expected("URL or TEXT") }
        return .utf8(try utf8Head())
    }

    private mutating func utf8Head() throws(ParseFailure) -> LiteralHead {
        guard skip(word: "UTF8") else { throw expected("a literal") }
        try space()
        try expect(UInt8(ascii: "("), "a literal in parentheses")
        skipSpaces()
        return try messageHead()
    }

    private mutating func messageHead() throws(ParseFailure) -> LiteralHead {
        guard peek == UInt8(ascii: "{") || peek == UInt8(ascii: "~") else {
            throw expected("the message as a literal")
        }
        return try literalHead()
    }
}
