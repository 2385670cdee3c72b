import GRDB
import GRDBSQLite

/// Opens the index: SQLite in WAL mode, every commit synced.
enum IndexDatabase {
    /// Pages of the write-ahead log at which they are copied into the database, 16 MiB: seldom
    /// enough that pages which change often are copied once, and short enough not to be noticed.
    private static let checkpointPages = 4000
    /// KiB of pages that the writer keeps.
    private static let writerCache = 8 << 10
    static let maximumReaders = 4

    static func open(at path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.maximumReaderCount = maximumReaders
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(5)
        configuration.label = "martlet.index"
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // GRDB has chosen NORMAL for WAL mode, which loses the last commits at a power cut.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
            try db.execute(sql: "PRAGMA cache_size = -\(writerCache)")
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
            let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
            guard synchronous == 2, journal == "wal" else {
                throw StorageError(
                    "\(path): SQLite does not sync its commits"
                        + " (synchronous \(synchronous ?? -1), journal \(journal ?? "none"))")
            }
        }
        let migrator = IndexSchema.migrator
        guard try !pool.read({ try migrator.hasBeenSuperseded($0) }) else {
            throw StorageError("\(path) was written by a newer version of this server")
        }
        try migrator.migrate(pool)
        return pool
    }
}
