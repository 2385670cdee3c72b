internal import MailModel

extension CommandParser {
    // select       = ("SELECT" / "EXAMINE") SP mailbox [SP "(" select-param *(SP select-param) ")"]
    // select-param = "CONDSTORE" / "QRESYNC" SP qresync                (RFC 7162)
    mutating func select(isReadOnly: Bool) throws(ParseFailure) -> SelectCommand {
        var command = SelectCommand(mailbox: try mailbox(), isReadOnly: isReadOnly)
        guard skipSpace(), !isAtEnd else { return command }
        _ = try list("a list of parameters") { parser throws(ParseFailure) in
            if parser.skip(word: "CONDSTORE") {
                command.condstore = true
            } else if parser.skip(word: "QRESYNC"), command.resynchronize == nil {
                try parser.space()
                command.resynchronize = try parser.quickResync()
            } else {
                throw parser.expected("CONDSTORE or QRESYNC, each once")
            }
        }
        return command
    }

    // qresync        = "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
    // seq-match-data = "(" known-sequence-set SP known-uid-set ")"
    private mutating func quickResync() throws(ParseFailure) -> QuickResync {
        try expect(UInt8(ascii: "("), "the parameters of QRESYNC")
        skipSpaces()
        let validity = try nonzeroNumber("a UIDVALIDITY")
        try space()
        var result = QuickResync(uidValidity: validity, modSequence: try modSequenceValue())
        var hasSpace = skipSpace()
        if hasSpace, let octet = peek, octet != UInt8(ascii: "("), octet != UInt8(ascii: ")") {
            result.knownUIDs = try knownSet()
            hasSpace = skipSpace()
        }
        if hasSpace, skip(UInt8(ascii: "(")) {
            skipSpaces()
            let numbers = try knownSet()
            try space()
            let uids = try knownSet()
            skipSpaces()
            try expect(UInt8(ascii: ")"), "\")\"")
            guard numbers.count == uids.count else {
                throw invalid("as many UIDs as sequence numbers must be given")
            }
            result.sequenceMatch = (numbers, uids)
            skipSpaces()
        }
        try expect(UInt8(ascii: ")"), "\")\"")
        return result
    }
}
