internal import GRDB
internal import GRDBSQLite
internal import InternetMessage
internal import MailModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// `cache.sqlite`: two tables, so that keys are read without the much longer facts. WAL without a sync
/// at each commit: a power cut loses the last entries, not the file.
final class CacheDatabase: Sendable {
    enum Table: String { case facts, keys }

    /// Of the tables and what is in them; any other version's file is thrown away.
    private static let version =
        1 << 16 | Int(MessageFacts.version) << 8 | Int(MessageKeys.version)
    private static let maximumReaders = 2

    private struct Unusable: Error { let reason: String }

    private let pool: DatabasePool

    /// - Throws: when the file is of another version, or SQLite can't use it.
    init(path: String) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = Self.maximumReaders
        configuration.busyMode = .timeout(1)
        configuration.label = "martlet.cache"
        pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = NORMAL")
            let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            guard tables > 0 else {
                try db.execute(
                    sql: """
                        BEGIN;
                        CREATE TABLE facts (id INTEGER PRIMARY KEY, value BLOB NOT NULL);
                        CREATE TABLE keys (id INTEGER PRIMARY KEY, value BLOB NOT NULL);
                        PRAGMA user_version = \(Self.version);
                        COMMIT;
                        """)
                return
            }
            guard found == Self.version else { throw Unusable(reason: "version \(found)") }
        }
    }

    static func removeFiles(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
    }

    func close() throws {
        // The pool closes its writer first, and its readers can't empty the log.
        _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try pool.close()
    }

    /// In the order of `ids`.
    func values(of ids: [QueueID], from table: Table) async throws -> [[UInt8]?] {
        try await pool.read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT value FROM \(table.rawValue) WHERE id = ?")
            let handle = statement.sqliteStatement
            defer { sqlite3_reset(handle) }
            return try ids.map { id in
                sqlite3_reset(handle)
                sqlite3_bind_int64(handle, 1, Int64(bitPattern: id.rawValue))
                guard try Self.step(handle) else { return nil }
                return Array(
                    UnsafeRawBufferPointer(
                        start: sqlite3_column_blob(handle, 0),
                        count: Int(sqlite3_column_bytes(handle, 0))))
            }
        }
    }

    /// Runs `body` on the writing thread, after what was put there before.
    func write(_ body: @escaping @Sendable (Database) -> Void) {
        pool.asyncWriteWithoutTransaction(body)
    }

    /// One transaction.
    static func keep(_ computed: [ComputedFacts], removing removed: [QueueID], in db: Database) throws {
        try db.inTransaction {
            for (table, bytes) in [
                (Table.facts, { (entry: ComputedFacts) in entry.facts.encoded }),
                (Table.keys, { (entry: ComputedFacts) in entry.keys.encoded }),
            ] {
                let statement = try db.cachedStatement(
                    sql: "INSERT OR REPLACE INTO \(table.rawValue) VALUES (?, ?)")
                let handle = statement.sqliteStatement
                defer {
                    sqlite3_reset(handle)
                    sqlite3_clear_bindings(handle)
                }
                for entry in computed {
                    let value = bytes(entry)
                    try value.withUnsafeBytes { value in
                        sqlite3_reset(handle)
                        sqlite3_bind_int64(handle, 1, Int64(bitPattern: entry.id.rawValue))
                        sqlite3_bind_blob(handle, 2, value.baseAddress, Int32(value.count), nil)
                        _ = try step(handle)
                    }
                }
                let removal = try db.cachedStatement(
                    sql: "DELETE FROM \(table.rawValue) WHERE id = ?")
                for id in removed {
                    sqlite3_reset(removal.sqliteStatement)
                    sqlite3_bind_int64(removal.sqliteStatement, 1, Int64(bitPattern: id.rawValue))
                    _ = try step(removal.sqliteStatement)
                }
                sqlite3_reset(removal.sqliteStatement)
            }
            return .commit
        }
    }

    /// Whether there is a row.
    private static func step(_ handle: SQLiteStatement) throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        guard code == SQLITE_DONE else {
            let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
        return false
    }
}
