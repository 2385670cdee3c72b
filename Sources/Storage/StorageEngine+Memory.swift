import GRDB
import GRDBSQLite

extension StorageEngine {
    /// Frees the pages that the index's writer keeps; the page cache still has them. Waits for the
    /// transaction under way.
    package func releaseMemory() async {
        // Fails only without an index: then there is nothing to release.
        try? await core.releaseMemory()
    }
}

extension EngineCore {
    fileprivate func releaseMemory() async throws {
        try await pool.writeWithoutTransaction { db in
            // Nil when the index is closed, which SQLite does not survive.
            guard let connection = db.sqliteConnection else { return }
            sqlite3_db_release_memory(connection)
        }
    }
}
