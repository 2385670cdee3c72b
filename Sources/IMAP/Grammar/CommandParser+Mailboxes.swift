internal import MailModel

/// Commands that name mailboxes, and little else.
extension CommandParser {
    // create       = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]
    // create-param = "USE" SP "(" [use-attr *(SP use-attr)] ")"                  (RFC 6154)
    mutating func create() throws(ParseFailure) -> IMAPCommand {
        let name = try mailbox()
        var uses: [SpecialUse]?
        if skipSpace(), !isAtEnd {
            _ = try list("a list of parameters") { parser throws(ParseFailure) in
                guard parser.skip(word: "USE"), uses == nil else {
                    throw parser.expected("USE, once")
                }
                try parser.space()
                uses = try parser.list("a list of uses", allowsEmpty: true) {
                    parser throws(ParseFailure) in try parser.specialUse()
                }
            }
        }
        return .create(mailbox: name, specialUses: uses ?? [])
    }

    // use-attr = "\All" / "\Archive" / "\Drafts" / "\Flagged" / "\Junk" / "\Sent" / "\Trash" /
    //            "\Important" / use-attr-ext                            ; "\" atom
    private mutating func specialUse() throws(ParseFailure) -> SpecialUse {
        let start = position
        try expect(Octet.backslash, "a use, like \\Sent")
        let octets = take(while: \.isAtomCharacter)
        guard !octets.isEmpty else { throw expected("a use, like \\Sent") }
        guard let use = Keyword(slice(start + 1, position)).flatMap({ Self.specialUses[$0] }) else {
            throw .syntax(SyntaxError(.badUse, "this use of a mailbox is not known"))
        }
        return use
    }

    private static let specialUses = Dictionary(
        uniqueKeysWithValues: SpecialUse.allCases.map { (Keyword($0.rawValue.utf8.dropFirst())!, $0) })

    // rename = "RENAME" SP mailbox SP mailbox
    mutating func rename() throws(ParseFailure) -> IMAPCommand {
        let from = try mailbox()
        try space()
        return .rename(from: from, to: try mailbox())
    }

    // lsub = "LSUB" SP mailbox SP list-mailbox
    mutating func lsub() throws(ParseFailure) -> IMAPCommand {
        let reference = try mailboxName(try astring("a reference name"))
        try space()
        return .lsub(reference: reference, pattern: try mailboxPattern())
    }

    // status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
    mutating func status() throws(ParseFailure) -> IMAPCommand {
        let name = try mailbox()
        try space()
        return .status(mailbox: name, items: try statusItems())
    }

    // status-att = "MESSAGES" / "RECENT" / "UIDNEXT" / "UIDVALIDITY" / "UNSEEN" / "DELETED" / "SIZE"
    //              / "HIGHESTMODSEQ" (RFC 7162) / "APPENDLIMIT" (RFC 7889) / "MAILBOXID" (RFC 8474)
    //              / "DELETED-STORAGE" (RFC 9208)
    mutating func statusItems() throws(ParseFailure) -> [StatusItem] {
        try list("a list of status items") { parser throws(ParseFailure) in
            try parser.word(in: Self.statusItemNames, "a status item, like MESSAGES")
        }
    }

    private static let statusItemNames: [Keyword: StatusItem] = Keyword.table([
        "MESSAGES": .messages, "RECENT": .recent, "UIDNEXT": .uidNext, "UIDVALIDITY": .uidValidity,
        "UNSEEN": .unseen, "DELETED": .deleted, "SIZE": .size,
        "HIGHESTMODSEQ": .highestModSequence, "APPENDLIMIT": .appendLimit,
        "MAILBOXID": .mailboxID, "DELETED-STORAGE": .deletedStorage,
    ])
}
