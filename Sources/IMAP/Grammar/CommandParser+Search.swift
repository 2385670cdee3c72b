/// SEARCH and what shares its grammar: SORT, THREAD and ESEARCH.
extension CommandParser {
    // search         = "SEARCH" [search-return-opts] SP search-program
    // search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
    mutating func search(isUID: Bool) throws(ParseFailure) -> SearchCommand {
        let returns = try searchReturns()
        var name: String?
        if skip(word: "CHARSET") {
            try space()
            name = try charset()
            try space()
        }
        return SearchCommand(
            isUID: isUID, returns: returns, charset: name, key: try searchProgram())
    }

    // sort            = "SORT" [search-return-opts] SP sort-criteria SP search-criteria (RFC 5256)
    // sort-criteria   = "(" sort-criterion *(SP sort-criterion) ")"
    // sort-criterion  = ["REVERSE" SP] sort-key
    // search-criteria = charset 1*(SP search-key)
    mutating func sort(isUID: Bool) throws(ParseFailure) -> SortCommand {
        let returns = try searchReturns()
        let criteria = try list("a list of sort keys") { parser throws(ParseFailure) in
            let isReverse = parser.skip(word: "REVERSE")
            if isReverse { try parser.space() }
            return SortCommand.Criterion(
                key: try parser.word(in: Self.sortKeys, "a sort key, like ARRIVAL"),
                isReverse: isReverse)
        }
        try space()
        return SortCommand(criteria: criteria, search: try criteriaSearch(isUID, returns))
    }

    // sort-key = "ARRIVAL" / "CC" / "DATE" / "FROM" / "SIZE" / "SUBJECT" / "TO"
    //            / "DISPLAYFROM" / "DISPLAYTO" (RFC 5957) / "RELEVANCY" (RFC 6203)
    private static let sortKeys: [Keyword: SortCommand.Key] = Keyword.table([
        "ARRIVAL": .arrival, "CC": .cc, "DATE": .date, "FROM": .from, "SIZE": .size,
        "SUBJECT": .subject, "TO": .to, "DISPLAYFROM": .displayFrom, "DISPLAYTO": .displayTo,
        "RELEVANCY": .relevancy,
    ])

    // thread     = "THREAD" SP thread-alg SP search-criteria                       (RFC 5256)
    // thread-alg = "ORDEREDSUBJECT" / "REFERENCES" / "REFS"
    mutating func thread(isUID: Bool) throws(ParseFailure) -> ThreadCommand {
        let algorithm = try word(in: Self.algorithms, "a threading algorithm, like REFERENCES")
        try space()
        return ThreadCommand(algorithm: algorithm, search: try criteriaSearch(isUID, nil))
    }

    private static let algorithms: [Keyword: ThreadCommand.Algorithm] = Keyword.table([
        "ORDEREDSUBJECT": .orderedSubject, "REFERENCES": .references, "REFS": .refs,
    ])

    private mutating func criteriaSearch(
        _ isUID: Bool, _ returns: [SearchReturn]?
    ) throws(ParseFailure) -> SearchCommand {
        let charset = try charset()
        try space()
        return SearchCommand(
            isUID: isUID, returns: returns, charset: charset, key: try searchProgram())
    }

    // cancelupdate = "CANCELUPDATE" 1*(SP quoted)                                  (RFC 5267)
    mutating func cancelUpdate() throws(ParseFailure) -> IMAPCommand {
        var tags: [String] = []
        repeat {
            guard tags.count < limits.maximumListLength else { throw tooMuch("list too long") }
            tags.append(try text(try quoted()))
        } while skipSpace() && !isAtEnd
        return .cancelUpdate(tags)
    }

    // charset = atom / quoted
    private mutating func charset() throws(ParseFailure) -> String {
        let name = try astring("the name of a charset")
        guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw .syntax(SyntaxError(.badCharset, "the charset is not known"))
        }
        return String(decoding: name.map(\.asciiUppercased), as: UTF8.self)
    }

    // search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
    /// With the space behind them.
    mutating func searchReturns() throws(ParseFailure) -> [SearchReturn]? {
        guard skip(word: "RETURN") else { return nil }
        try space()
        let start = position
        let options = try list("a list of return options", allowsEmpty: true) {
            parser throws(ParseFailure) in try parser.searchReturn()
        }
        let partials = options.count { if case .partial = $0 { true } else { false } }
        guard partials == 0 || partials == 1 && !options.contains(.all) else {
            position = start
            throw invalid("PARTIAL goes with neither ALL nor another PARTIAL")
        }
        try space()
        return options
    }

    // search-return-opt = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" (RFC 5182)
    //                     / "UPDATE" / "CONTEXT" (RFC 5267) / "RELEVANCY" (RFC 6203)
    //                     / "PARTIAL" SP partial-range (RFC 9394)
    // modifier-update   = "UPDATE" [[SP] "(" fetch-att *(SP fetch-att) ")"]        (RFC 5465)
    /// The grammar has no space behind UPDATE, the example of RFC 5465 section 7 has one.
    private mutating func searchReturn() throws(ParseFailure) -> SearchReturn {
        if skip(word: "PARTIAL") {
            try space()
            return .partial(try partialRange())
        }
        if skip(word: "UPDATE") {
            var ahead = self
            ahead.skipSpaces()
            guard ahead.peek == UInt8(ascii: "(") else { return .update([]) }
            position = ahead.position
            return .update(
                try list("a list of items") { parser throws(ParseFailure) in
                    try parser.fetchItem()
                })
        }
        return try word(in: Self.searchReturnNames, "a return option, like COUNT")
    }

    private static let searchReturnNames: [Keyword: SearchReturn] = Keyword.table([
        "MIN": .min, "MAX": .max, "ALL": .all, "COUNT": .count, "SAVE": .save,
        "CONTEXT": .context, "RELEVANCY": .relevancy,
    ])
}
