extension CommandParser {
    // list        = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
    // mbox-or-pat = list-mailbox / patterns                                        (RFC 5258)
    // patterns    = "(" list-mailbox *(SP list-mailbox) ")"
    mutating func listCommand() throws(ParseFailure) -> ListCommand {
        var command = ListCommand(reference: "", patterns: [])
        if peek == UInt8(ascii: "(") {
            command.isExtended = true
            command.selections = try listSelections()
            try space()
        }
        command.reference = try mailboxName(try astring("a reference name"))
        try space()
        if peek == UInt8(ascii: "(") {
            command.isExtended = true
            command.patterns = try list("a list of mailbox patterns") {
                parser throws(ParseFailure) in try parser.mailboxPattern()
            }
        } else {
            command.patterns = [try mailboxPattern()]
        }
        guard skipSpace(), !isAtEnd else { return command }
        guard skip(word: "RETURN") else { throw expected("RETURN") }
        try space()
        command.isExtended = true
        command.returns = try list("a list of return options", allowsEmpty: true) {
            parser throws(ParseFailure) in try parser.listReturn()
        }
        return command
    }

    // list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"
    // list-select-opt  = "SUBSCRIBED" / "REMOTE" / "RECURSIVEMATCH" / "SPECIAL-USE"
    /// RFC 5258 section 3.1: RECURSIVEMATCH says nothing without an option that selects.
    private mutating func listSelections() throws(ParseFailure) -> [ListCommand.Selection] {
        let options = try list("a list of selection options", allowsEmpty: true) {
            parser throws(ParseFailure) in
            try parser.word(in: Self.selections, "a selection option, like SUBSCRIBED")
        }
        guard !options.contains(.recursiveMatch) || options.contains(.subscribed) else {
            throw invalid("RECURSIVEMATCH needs SUBSCRIBED beside it")
        }
        return options
    }

    private static let selections: [Keyword: ListCommand.Selection] = Keyword.table([
        "SUBSCRIBED": .subscribed, "REMOTE": .remote, "RECURSIVEMATCH": .recursiveMatch,
        "SPECIAL-USE": .specialUse,
    ])

    // return-option = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" (RFC 6154) / "MYRIGHTS" (RFC 8440)
    //                 / "STATUS" SP "(" status-att *(SP status-att) ")"            (RFC 5819)
    //                 / "METADATA" SP entries                                      (RFC 9590)
    private mutating func listReturn() throws(ParseFailure) -> ListCommand.Return {
        if skip(word: "STATUS") {
            try space()
            return .status(try statusItems())
        }
        if skip(word: "METADATA") {
            try space()
            return .metadata(try metadataEntryNames())
        }
        return try word(in: Self.returns, "a return option, like CHILDREN")
    }

    private static let returns: [Keyword: ListCommand.Return] = Keyword.table([
        "SUBSCRIBED": .subscribed, "CHILDREN": .children, "SPECIAL-USE": .specialUse,
        "MYRIGHTS": .myRights,
    ])
}
