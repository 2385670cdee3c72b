import GRDB
import MailModel

/// Sets of keywords. Two sets are the same set when they have the same names, spelled alike; within
/// a mailbox a keyword keeps its first spelling (RFC 9051 section 2.3.2: case does not matter).
extension IndexTables {
    /// Of a mailbox and of a message.
    static let maximumKeywords = 1_000
    /// Octets of one.
    static let maximumKeyword = 255
    /// Keywords in all the sets that an account may have made between two starts: sets are kept in
    /// memory.
    static let maximumNewKeywords = 100_000
    /// So many sets at the start, and those that no message has are forgotten.
    private static let manySets = 50_000

    func reloadKeywords(_ db: Database) throws {
        keywordSets = [:]
        nextKeywordSet = 1
        try PreparedStatement(db, "SELECT id, names FROM keyword_sets").each { row in
            let set = UInt32(row.integer(0))
            let names = row.text(1).split(separator: " ").map(String.init)
            keywordSets[names] = set
            keywords.insert(names, as: set)
            nextKeywordSet = max(nextKeywordSet, set + 1)
        }
        keywords.remove(from: nextKeywordSet)
    }

    /// To be called at the start only: nobody may hold the number of an unused set.
    func forgetUnusedKeywords(_ db: Database) throws {
        guard keywordSets.count > Self.manySets else { return }
        try db.execute(
            sql: """
                DELETE FROM keyword_sets
                WHERE id NOT IN (SELECT DISTINCT keywords FROM mailbox_messages)
                """)
        keywords.remove(from: 0)
        try reloadKeywords(db)
    }

    /// The set of these keywords as the mailbox spells them, made when there is none.
    func keywordSet(_ names: [String], in mailbox: Int64) throws -> UInt32 {
        if names.isEmpty { return 0 }
        var byKey: [String: String] = [:]
        for name in names where byKey[name.asciiLowercased] == nil {
            byKey[name.asciiLowercased] = name
        }
        guard byKey.count <= Self.maximumKeywords else {
            throw MailboxError.limit("a message has \(Self.maximumKeywords) keywords at most")
        }
        guard byKey.keys.allSatisfy({ $0.utf8.count <= Self.maximumKeyword }) else {
            throw MailboxError.limit("a keyword has \(Self.maximumKeyword) octets at most")
        }
        try register(byKey, in: mailbox)
        let known = mailboxes[mailbox]!.keywords!
        let spelled = byKey.keys.sorted().map { known[$0]! }
        if let set = keywordSets[spelled] { return set }
        return try makeSet(spelled, for: mailboxes[mailbox]!.account)
    }

    /// The messages of one mailbox are another's now, with their keywords.
    func adoptKeywords(of source: Int64, into target: Int64) throws {
        try register(try knownKeywords(of: source), in: target)
    }

    private func makeSet(_ names: [String], for account: AccountID) throws -> UInt32 {
        guard accounts[account]!.newKeywords < Self.maximumNewKeywords else {
            throw MailboxError.limit("too many combinations of keywords")
        }
        let set = nextKeywordSet
        statements.insertKeywordSet.bind(1, Int64(set))
        statements.insertKeywordSet.bind(2, names.joined(separator: " "))
        try statements.insertKeywordSet.run()
        accounts[account]!.newKeywords += names.count
        nextKeywordSet += 1
        keywordSets[names] = set
        // Before the commit: a reader must not meet a number that it can't look up.
        keywords.insert(names, as: set)
        return set
    }

    /// Adds what is new to the keywords that the mailbox knows.
    private func register(_ names: [String: String], in mailbox: Int64) throws {
        var known = try knownKeywords(of: mailbox)
        var new = names.filter { known[$0.key] == nil }
        if new.isEmpty { return }
        if known.count + new.count > Self.maximumKeywords {
            try forgetKeywords(of: mailbox)
            known = try knownKeywords(of: mailbox)
            new = names.filter { known[$0.key] == nil }
        }
        guard known.count + new.count <= Self.maximumKeywords else {
            throw MailboxError.limit("a mailbox has \(Self.maximumKeywords) keywords at most")
        }
        for name in new.values {
            statements.addKeyword.bind(1, mailbox)
            statements.addKeyword.bind(2, name)
            try statements.addKeyword.run()
        }
        mailboxes[mailbox]!.keywords = known.merging(new) { known, _ in known }
    }

    private func knownKeywords(of mailbox: Int64) throws -> [String: String] {
        if let known = mailboxes[mailbox]!.keywords { return known }
        var known: [String: String] = [:]
        statements.getKeywords.bind(1, mailbox)
        try statements.getKeywords.each { row in
            let name = row.text(0)
            known[name.asciiLowercased] = name
        }
        mailboxes[mailbox]!.keywords = known
        return known
    }

    /// Forgets the keywords that no message of the mailbox has any more. Scans the mailbox, so not
    /// again before much has changed.
    private func forgetKeywords(of mailbox: Int64) throws {
        let state = mailboxes[mailbox]!
        if let last = state.keywordsSweptAt, state.modSequence < last + 1000 { return }
        var used: Set<String> = []
        statements.usedKeywordSets.bind(1, mailbox)
        try statements.usedKeywordSets.each { row in
            used.formUnion(keywords.keywords(of: UInt32(row.integer(0))))
        }
        statements.removeKeywords.bind(1, mailbox)
        try statements.removeKeywords.run()
        for name in used {
            statements.addKeyword.bind(1, mailbox)
            statements.addKeyword.bind(2, name)
            try statements.addKeyword.run()
        }
        mailboxes[mailbox]!.keywords = nil
        mailboxes[mailbox]!.keywordsSweptAt = state.modSequence
    }
}

extension String {
    /// Lower case of A–Z only.
    var asciiLowercased: String {
        guard utf8.contains(where: { (0x41...0x5a).contains($0) }) else { return self }
        return String(
            decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
