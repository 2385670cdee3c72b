import MailModel
import Storage

/// The text index of one account: a SQLite file with a trigram index (FTS5) of all messages that
/// were ever indexed, by the number of the stored message, so that copies share an entry.
///
/// It can be lost without harm: what is not in it is read. Removed messages stay in it, are never
/// asked about, as numbers are not used twice, and go when the file is made anew (`IndexFiles`). So
/// the text need not be kept for deleting it.
///
/// Blocks on the disk: for the search threads only.
actor AccountIndex {
    /// Of the schema and of how text is prepared; a file of another version is made anew.
    private static let version = 1
    private static let schema = """
        CREATE TABLE documents (
            id INTEGER PRIMARY KEY, complete INTEGER NOT NULL, sender TEXT NOT NULL,
            receiver TEXT NOT NULL, copy TEXT NOT NULL, blind TEXT NOT NULL, subject TEXT NOT NULL,
            headers TEXT NOT NULL);
        CREATE VIRTUAL TABLE texts USING fts5(
            sender, receiver, copy, blind, subject, headers, body, content='',
            tokenize='trigram case_sensitive 1');
        -- Octets gathered before they are written: all of a batch, which takes a third less CPU.
        INSERT INTO texts(texts, rank) VALUES('hashsize', 8388608);
        PRAGMA user_version = \(version);
        """

    private let file: SQLiteFile
    /// Messages in the index, and those of them that are there in part only.
    private var known: Set<UInt64> = []
    private var incomplete: Set<UInt64> = []

    /// - Throws: when the file can't be opened or is damaged.
    init(path: String) throws(SQLiteFile.Failure) {
        file = try SQLiteFile(path: path)
        // What a power cut takes is indexed again.
        try file.execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048;
            PRAGMA busy_timeout = 2000; PRAGMA temp_store = MEMORY
            """)
        var version: Int64 = 0
        try file.run("PRAGMA user_version", []) {
            version = $0.integer(0)
            return true
        }
        if version == 0 { try file.execute("BEGIN;" + Self.schema + "COMMIT") }
        guard version == 0 || version == Self.version else {
            throw SQLiteFile.Failure(code: 0, description: "\(path): version \(version)")
        }
        var known: Set<UInt64> = []
        var incomplete: Set<UInt64> = []
        try file.run("SELECT id, complete FROM documents", []) { row in
            let id = UInt64(bitPattern: row.integer(0))
            known.insert(id)
            if row.integer(1) == 0 { incomplete.insert(id) }
            return true
        }
        self.known = known
        self.incomplete = incomplete
    }

    /// How many messages are in the file; 0 when there is none yet.
    static func documents(path: String) throws(SQLiteFile.Failure) -> Int {
        let file = try SQLiteFile(path: path)
        var tables: Int64 = 0
        try file.run("SELECT count(*) FROM sqlite_master WHERE name = 'documents'", []) {
            tables = $0.integer(0)
            return true
        }
        guard tables > 0 else { return 0 }
        var count: Int64 = 0
        try file.run("SELECT count(*) FROM documents", []) {
            count = $0.integer(0)
            return true
        }
        return Int(count)
    }

    /// Those of these messages that are not in the index.
    func unknown(_ ids: [UInt64]) -> [UInt64] { ids.filter { !known.contains($0) } }

    // MARK: Indexing

    /// One transaction. Messages that are in the index already are passed over.
    func add(_ texts: [(id: UInt64, text: SearchableText)]) throws(SQLiteFile.Failure) {
        try file.execute("BEGIN IMMEDIATE")
        do throws(SQLiteFile.Failure) {
            for (id, text) in texts where !known.contains(id) {
                try insert(text, as: id)
            }
            try file.execute("COMMIT")
        } catch {
            // The transaction may be gone already; then this fails and changes nothing.
            try? file.execute("ROLLBACK")
            throw error
        }
        for (id, text) in texts where known.insert(id).inserted && !text.isComplete {
            incomplete.insert(id)
        }
    }

    private func insert(_ text: SearchableText, as id: UInt64) throws(SQLiteFile.Failure) {
        let id = SQLiteValue.integer(Int64(bitPattern: id))
        let fields: [SQLiteValue] = [
            .text(text.from), .text(text.to), .text(text.cc), .text(text.bcc), .text(text.subject),
            .text(text.headers),
        ]
        try file.run(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [id, .integer(text.isComplete ? 1 : 0)] + fields)
        try file.run(
            """
            INSERT INTO texts(rowid, sender, receiver, copy, blind, subject, headers, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, [id] + fields + [.text(text.body)])
    }

    // MARK: Searching

    /// Sorts messages into those that match, and those that the index can't answer for.
    func find(_ condition: TextCondition, among ids: [UInt64]) throws(SQLiteFile.Failure)
        -> (matching: Set<UInt64>, unread: Set<UInt64>, scores: [UInt64: Double])
    {
        var matching: Set<UInt64> = []
        var unread = Set(ids.lazy.filter { !self.known.contains($0) })
        var scores: [UInt64: Double] = [:]
        if let expression = TextExpression(condition) {
            let found = try match(expression, condition, ids, &scores)
            if expression.isExact {
                matching = found
            } else if case .header(let name) = condition.field {
                matching = try verified(found, name, condition.needle)
            } else {
                unread.formUnion(found)
            }
        } else if let column = Self.storedColumn(condition.field) {
            try file.run(
                "SELECT id FROM documents WHERE instr(\(column), ?) > 0", [.text(condition.needle)]
            ) { row in
                matching.insert(UInt64(bitPattern: row.integer(0)))
                return true
            }
        } else {
            unread = Set(ids)
        }
        if !incomplete.isEmpty {
            for id in ids where incomplete.contains(id) && !matching.contains(id) { unread.insert(id) }
        }
        return (matching, unread, scores)
    }

    private func match(
        _ expression: TextExpression, _ condition: TextCondition, _ ids: [UInt64],
        _ scores: inout [UInt64: Double]
    ) throws(SQLiteFile.Failure) -> Set<UInt64> {
        guard let first = ids.min(), let last = ids.max() else { return [] }
        var found: Set<UInt64> = []
        var ranks: [UInt64: Double] = [:]
        let rank = condition.isFuzzy ? "bm25(texts)" : "0"
        try file.run(
            "SELECT rowid, \(rank) FROM texts WHERE texts MATCH ? AND rowid BETWEEN ? AND ?",
            [
                .text(Array(expression.query.utf8)), .integer(Int64(bitPattern: first)),
                .integer(Int64(bitPattern: last)),
            ]
        ) { row in
            let id = UInt64(bitPattern: row.integer(0))
            found.insert(id)
            if condition.isFuzzy { ranks[id] = -row.double(1) }
            return true
        }
        scores = ranks
        return found
    }

    private func verified(_ ids: Set<UInt64>, _ name: [UInt8], _ needle: [UInt8])
        throws(SQLiteFile.Failure) -> Set<UInt64>
    {
        var verified: Set<UInt64> = []
        for id in ids {
            try file.run(
                "SELECT headers FROM documents WHERE id = ?", [.integer(Int64(bitPattern: id))]
            ) { row in
                if SearchableText.hasField(name, with: needle, in: row.octets(0)) {
                    verified.insert(id)
                }
                return true
            }
        }
        return verified
    }

    private static func storedColumn(_ field: TextCondition.Field) -> String? {
        switch field {
        case .from: "sender"
        case .to: "receiver"
        case .cc: "copy"
        case .bcc: "blind"
        case .subject: "subject"
        case .header, .text, .body: nil
        }
    }
}
