extension CommandParser {
    // fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
    //         "(" fetch-att *(SP fetch-att) ")") [SP fetch-modifiers]
    mutating func fetch(isUID: Bool) throws(ParseFailure) -> FetchCommand {
        let messages = try sequenceSet()
        try space()
        var command = FetchCommand(messages: messages, isUID: isUID, items: try fetchItems())
        guard skipSpace(), !isAtEnd else { return command }
        let start = position
        try fetchModifiers(&command)
        if command.vanished, !isUID || command.changedSince == nil {
            position = start
            throw invalid("VANISHED needs UID FETCH and CHANGEDSINCE")
        }
        if command.partial != nil, !isUID {
            position = start
            throw invalid("PARTIAL needs UID FETCH")
        }
        return command
    }

    // ALL  = (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)
    // FAST = (FLAGS INTERNALDATE RFC822.SIZE)
    // FULL = (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)
    private mutating func fetchItems() throws(ParseFailure) -> [FetchItem] {
        if peek == UInt8(ascii: "(") {
            return try list("a list of items") {
                parser throws(ParseFailure) in try parser.fetchItem()
            }
        }
        if skip(word: "ALL") { return [.flags, .internalDate, .size, .envelope] }
        if skip(word: "FAST") { return [.flags, .internalDate, .size] }
        if skip(word: "FULL") { return [.flags, .internalDate, .size, .envelope, .body] }
        return [try fetchItem()]
    }

    // fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822.SIZE" / "BODY" ["STRUCTURE"] /
    //             "UID" / "BODY" section [partial] / "BODY.PEEK" section [partial] /
    //             "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary
    //             / "RFC822" [".HEADER" / ".TEXT"] (RFC 3501) / "MODSEQ" (RFC 7162)
    //             / "EMAILID" / "THREADID" (RFC 8474) / "SAVEDATE" (RFC 8514)
    //             / "PREVIEW" [SP "(" "LAZY" ")"] (RFC 8970)
    mutating func fetchItem() throws(ParseFailure) -> FetchItem {
        let name = try word(in: FetchItemName.table, "an item, like FLAGS or BODY[]")
        let isSection = peek == UInt8(ascii: "[")
        switch name {
        case .body where isSection: return .section(try bodySection(peek: false))
        case .bodyPeek: return .section(try bodySection(peek: true))
        case .binary, .binaryPeek:
            return .binary(
                part: try binarySection(), peek: name == .binaryPeek, partial: try bodyPartial())
        case .binarySize: return .binarySize(part: try binarySection())
        case .body, .uid, .flags, .internalDate, .size, .envelope, .bodyStructure, .modSequence,
            .emailID, .threadID, .saveDate, .preview, .rfc822, .rfc822Header, .rfc822Text:
            guard !isSection, !isInWord else { throw expected("a space or the end of the list") }
        }
        return switch name {
        case .uid: .uid
        case .flags: .flags
        case .internalDate: .internalDate
        case .size: .size
        case .envelope: .envelope
        case .bodyStructure: .bodyStructure
        case .modSequence: .modSequence
        case .emailID: .emailID
        case .threadID: .threadID
        case .saveDate: .saveDate
        case .preview: .preview(lazy: skipLazy())
        case .rfc822: .rfc822
        case .rfc822Header: .rfc822Header
        case .rfc822Text: .rfc822Text
        case .body, .bodyPeek, .binary, .binaryPeek, .binarySize: .body
        }
    }

    /// The list of modifiers of the whole command may stand here as well.
    private mutating func skipLazy() -> Bool {
        var ahead = self
        guard ahead.skipSpace(), ahead.skip(UInt8(ascii: "(")) else { return false }
        ahead.skipSpaces()
        guard ahead.skip(word: "LAZY") else { return false }
        ahead.skipSpaces()
        guard ahead.skip(UInt8(ascii: ")")) else { return false }
        position = ahead.position
        return true
    }

    // fetch-modifiers = "(" fetch-modifier *(SP fetch-modifier) ")"                (RFC 4466)
    // fetch-modifier  = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED"          (RFC 7162)
    //                   / "PARTIAL" SP partial-range                               (RFC 9394)
    private mutating func fetchModifiers(_ command: inout FetchCommand) throws(ParseFailure) {
        var changedSince: UInt64?
        var vanished = false
        var partial: PartialRange?
        _ = try list("a list of modifiers") { parser throws(ParseFailure) in
            if changedSince == nil, parser.skip(word: "CHANGEDSINCE") {
                try parser.space()
                changedSince = try parser.modSequenceValue()
            } else if !vanished, parser.skip(word: "VANISHED") {
                vanished = true
            } else if partial == nil, parser.skip(word: "PARTIAL") {
                try parser.space()
                partial = try parser.partialRange()
            } else {
                throw parser.expected("CHANGEDSINCE, VANISHED or PARTIAL, each once")
            }
        }
        command.changedSince = changedSince
        command.vanished = vanished
        command.partial = partial
    }

    // partial-range       = partial-range-first / partial-range-last               (RFC 9394)
    // partial-range-first = nz-number ":" nz-number
    // partial-range-last  = MINUS nz-number ":" MINUS nz-number
    mutating func partialRange() throws(ParseFailure) -> PartialRange {
        let isFromEnd = skip(UInt8(ascii: "-"))
        let first = Int64(try nonzeroNumber("a range, like 1:100 or -1:-100"))
        try expect(UInt8(ascii: ":"), "a range, like 1:100 or -1:-100")
        guard skip(UInt8(ascii: "-")) == isFromEnd else {
            throw invalid("both ends of a range are counted from the same side")
        }
        let last = Int64(try nonzeroNumber("a range, like 1:100 or -1:-100"))
        return isFromEnd
            ? PartialRange(first: -first, last: -last) : PartialRange(first: first, last: last)
    }
}

private enum FetchItemName: String, CaseIterable {
    case uid = "UID", flags = "FLAGS", internalDate = "INTERNALDATE", size = "RFC822.SIZE"
    case envelope = "ENVELOPE", body = "BODY", bodyStructure = "BODYSTRUCTURE"
    case bodyPeek = "BODY.PEEK", binary = "BINARY", binaryPeek = "BINARY.PEEK"
    case binarySize = "BINARY.SIZE", modSequence = "MODSEQ", emailID = "EMAILID"
    case threadID = "THREADID", saveDate = "SAVEDATE", preview = "PREVIEW", rfc822 = "RFC822"
    case rfc822Header = "RFC822.HEADER", rfc822Text = "RFC822.TEXT"

    static let table = Keyword.table(of: FetchItemName.self)
}
