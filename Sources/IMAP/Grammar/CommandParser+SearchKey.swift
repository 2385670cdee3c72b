internal import MailModel

extension CommandParser {
    // search-key *(SP search-key)
    mutating func searchProgram() throws(ParseFailure) -> SearchKey {
        var keys: [SearchKey] = []
        repeat { keys.append(try searchKey()) } while skipSpace() && !isAtEnd
        return keys.count == 1 ? keys[0] : .and(keys)
    }

    // search-key = "ALL" / ... / sequence-set / "(" search-key *(SP search-key) ")"
    mutating func searchKey() throws(ParseFailure) -> SearchKey {
        guard searchKeys < limits.maximumSearchKeys else { throw tooMuch("too many search keys") }
        searchKeys += 1
        guard let first = peek else { throw expected("a search key") }
        if first.isASCIIDigit || first == UInt8(ascii: "*") || first == UInt8(ascii: "$") {
            return .messages(try sequenceSet())
        }
        guard first == UInt8(ascii: "(") else {
            return try searchKey(named: try word(in: SearchKeyName.table, "a search key"))
        }
        return try nested { parser throws(ParseFailure) in
            let keys = try parser.searchKeyList()
            return keys.count == 1 ? keys[0] : .and(keys)
        }
    }

    /// Bounded by the number of search keys alone.
    private mutating func searchKeyList() throws(ParseFailure) -> [SearchKey] {
        position += 1
        skipSpaces()
        var keys: [SearchKey] = []
        while true {
            keys.append(try searchKey())
            let hasSpace = skipSpace()
            if skip(UInt8(ascii: ")")) { return keys }
            guard hasSpace else { throw expected("a space or \")\"") }
        }
    }

    private mutating func searchKey(named name: SearchKeyName) throws(ParseFailure) -> SearchKey {
        if let key = Self.keysAlone[name] { return key }
        try space()
        return switch name {
        case .from: .from(try searchText())
        case .to: .to(try searchText())
        case .cc: .cc(try searchText())
        case .bcc: .bcc(try searchText())
        case .subject: .subject(try searchText())
        case .body: .body(try searchText())
        case .text: .text(try searchText())
        case .header: try headerKey()
        case .keyword: .keyword(try atom("a keyword"))
        case .unkeyword: .not(.keyword(try atom("a keyword")))
        case .before: .before(try date())
        case .on: .on(try date())
        case .since: .since(try date())
        case .sentBefore: .sentBefore(try date())
        case .sentOn: .sentOn(try date())
        case .sentSince: .sentSince(try date())
        case .savedBefore: .savedBefore(try date())
        case .savedOn: .savedOn(try date())
        case .savedSince: .savedSince(try date())
        case .older: .older(try nonzeroNumber("a number of seconds"))
        case .younger: .younger(try nonzeroNumber("a number of seconds"))
        case .larger: .larger(try number64("a number of octets"))
        case .smaller: .smaller(try number64("a number of octets"))
        case .uid: .uid(try sequenceSet())
        case .modSequence: try modSequenceKey()
        case .emailID: .emailID(try objectID())
        case .threadID: .threadID(try objectID())
        case .not: .not(try nested { parser throws(ParseFailure) in try parser.searchKey() })
        case .fuzzy: .fuzzy(try nested { parser throws(ParseFailure) in try parser.searchKey() })
        case .or:
            try nested { parser throws(ParseFailure) in
                let first = try parser.searchKey()
                try parser.space()
                return .or(first, try parser.searchKey())
            }
        case .all, .answered, .deleted, .draft, .flagged, .seen, .unanswered, .undeleted, .undraft,
            .unflagged, .unseen, .new, .old, .recent, .saveDateSupported:
            throw expected("a search key")
        }
    }

    /// Keys without arguments. RECENT, NEW and OLD are RFC 3501's.
    private static let keysAlone: [SearchKeyName: SearchKey] = [
        .all: .all, .answered: .flag(.answered), .deleted: .flag(.deleted), .draft: .flag(.draft),
        .flagged: .flag(.flagged), .seen: .flag(.seen), .unanswered: .not(.flag(.answered)),
        .undeleted: .not(.flag(.deleted)), .undraft: .not(.flag(.draft)),
        .unflagged: .not(.flag(.flagged)), .unseen: .not(.flag(.seen)), .old: .not(.recent),
        .new: .and([.recent, .not(.flag(.seen))]), .recent: .recent, .saveDateSupported: .saveDateSupported,
    ]

    /// In the command's charset, so quoted strings may hold any octets of UTF-8.
    private mutating func searchText() throws(ParseFailure) -> [UInt8] {
        try astring("a string to search for", lenient: true)
    }

    // "HEADER" SP header-fld-name SP astring
    private mutating func headerKey() throws(ParseFailure) -> SearchKey {
        let name = try astringText("the name of a header field")
        try space()
        return .header(name: name, try searchText())
    }

    // search-modsequence  = "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer    (RFC 7162)
    // search-modseq-ext   = SP entry-name SP entry-type-req
    // entry-type-req      = "priv" / "shared" / "all"
    /// Flags have no mod-sequences of their own here: the entry makes no difference
    /// (RFC 7162 section 3.1.5).
    private mutating func modSequenceKey() throws(ParseFailure) -> SearchKey {
        if peek == Octet.quote {
            _ = try quoted()
            try space()
            guard skip(word: "PRIV") || skip(word: "SHARED") || skip(word: "ALL") else {
                throw expected("priv, shared or all")
            }
            try space()
        }
        return .modSequence(try number64("a mod-sequence"))
    }

    // objectid = 1*255(ALPHA / DIGIT / "_" / "-")                                  (RFC 8474)
    private mutating func objectID() throws(ParseFailure) -> String {
        let id = take {
            $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_")
                || $0 == UInt8(ascii: "-")
        }
        guard (1...255).contains(id.count) else { throw expected("an object identifier") }
        return String(decoding: id, as: UTF8.self)
    }
}

private enum SearchKeyName: String, CaseIterable {
    case all = "ALL", answered = "ANSWERED", bcc = "BCC", before = "BEFORE", body = "BODY"
    case cc = "CC", deleted = "DELETED", draft = "DRAFT", emailID = "EMAILID", flagged = "FLAGGED"
    case from = "FROM", fuzzy = "FUZZY", header = "HEADER", keyword = "KEYWORD", larger = "LARGER"
    case modSequence = "MODSEQ", new = "NEW", not = "NOT", old = "OLD", older = "OLDER", on = "ON"
    case or = "OR", recent = "RECENT", saveDateSupported = "SAVEDATESUPPORTED"
    case savedBefore = "SAVEDBEFORE", savedOn = "SAVEDON", savedSince = "SAVEDSINCE", seen = "SEEN"
    case sentBefore = "SENTBEFORE", sentOn = "SENTON", sentSince = "SENTSINCE", since = "SINCE"
    case smaller = "SMALLER", subject = "SUBJECT", text = "TEXT", threadID = "THREADID", to = "TO"
    case uid = "UID", unanswered = "UNANSWERED", undeleted = "UNDELETED", undraft = "UNDRAFT"
    case unflagged = "UNFLAGGED", unkeyword = "UNKEYWORD", unseen = "UNSEEN", younger = "YOUNGER"

    static let table = Keyword.table(of: SearchKeyName.self)
}
