internal import MailModel

/// STORE, COPY, MOVE, and flags.
extension CommandParser {
    // store           = "STORE" SP sequence-set [SP store-modifiers] SP store-att-flags
    // store-modifiers = "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")"            (RFC 7162)
    // store-att-flags = ["+" / "-"] "FLAGS" [".SILENT"] SP (flag-list / (flag *(SP flag)))
    mutating func store(isUID: Bool) throws(ParseFailure) -> StoreCommand {
        let messages = try sequenceSet()
        try space()
        var unchangedSince: UInt64?
        if peek == UInt8(ascii: "(") {
            _ = try list("a list of modifiers") { parser throws(ParseFailure) in
                guard unchangedSince == nil, parser.skip(word: "UNCHANGEDSINCE") else {
                    throw parser.expected("UNCHANGEDSINCE, once")
                }
                try parser.space()
                unchangedSince = try parser.number64("a mod-sequence")
            }
            try space()
        }
        let operation: StoreCommand.Operation =
            skip(UInt8(ascii: "+")) ? .add : skip(UInt8(ascii: "-")) ? .remove : .replace
        let isSilent = skip(word: "FLAGS.SILENT")
        guard isSilent || skip(word: "FLAGS") else { throw expected("FLAGS or FLAGS.SILENT") }
        try space()
        return StoreCommand(
            messages: messages, isUID: isUID, operation: operation, isSilent: isSilent,
            flags: peek == UInt8(ascii: "(") ? try flagList() : try bareFlags(),
            unchangedSince: unchangedSince)
    }

    // copy = "COPY" SP sequence-set SP mailbox             ; and "MOVE"
    mutating func copy(isUID: Bool) throws(ParseFailure) -> CopyCommand {
        let messages = try sequenceSet()
        try space()
        return CopyCommand(messages: messages, isUID: isUID, mailbox: try mailbox())
    }

    // flag-list = "(" [flag *(SP flag)] ")"
    mutating func flagList() throws(ParseFailure) -> FlagList {
        var flags = FlagList()
        _ = try list("a list of flags", allowsEmpty: true) { parser throws(ParseFailure) in
            try parser.flag(into: &flags)
        }
        return flags
    }

    private mutating func bareFlags() throws(ParseFailure) -> FlagList {
        var flags = FlagList()
        repeat {
            guard flags.keywords.count < limits.maximumListLength else {
                throw tooMuch("list too long")
            }
            try flag(into: &flags)
        } while skipSpace() && !isAtEnd
        return flags
    }

    // flag         = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword /
    //                flag-extension
    // flag-keyword = "$MDNSent" / "$Forwarded" / "$Junk" / "$NotJunk" / "$Phishing" / atom
    private mutating func flag(into flags: inout FlagList) throws(ParseFailure) {
        guard peek == Octet.backslash else {
            flags.keywords.append(try atom("a flag, like \\Seen or $Forwarded"))
            return
        }
        let start = position
        position += 1
        let name = take(while: \.isAtomCharacter)
        guard let flag = Keyword(name).flatMap({ Self.systemFlags[$0] }) else {
            position = start
            throw expected("a flag that can be set, like \\Seen or $Forwarded")
        }
        flags.system.insert(flag)
    }

    private static let systemFlags: [Keyword: MessageFlags] = Keyword.table([
        "SEEN": .seen, "ANSWERED": .answered, "FLAGGED": .flagged, "DELETED": .deleted,
        "DRAFT": .draft,
    ])
}
