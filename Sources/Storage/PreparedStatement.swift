import GRDB
import GRDBSQLite
import NIOCore

/// A prepared statement, driven through SQLite's own interface: per step GRDB's costs more than the
/// statement itself. Confined to the thread that has the connection.
struct PreparedStatement {
    /// `SQLITE_TRANSIENT`: SQLite copies the value.
    private static var copied: sqlite3_destructor_type {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    /// Owns the handle.
    private let statement: Statement
    private let handle: OpaquePointer

    /// Compiles the statement, or takes it from the connection's cache.
    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(handle, index, value) }

    func bind(_ index: Int32, _ value: String) {
        sqlite3_bind_text(handle, index, value, -1, Self.copied)
    }

    func bind(_ index: Int32, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bind(index, $0) }
    }

    func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

    func bind(_ index: Int32, _ bytes: ByteBuffer?) {
        guard let bytes else { return bindNull(index) }
        bytes.withUnsafeReadableBytes { bind(index, $0) }
    }

    private func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(handle, index, 0)
        } else {
            sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), Self.copied)
        }
    }

    /// Binds integers from the first parameter on.
    func bindAll(_ values: Int64...) {
        for (index, value) in values.enumerated() { bind(Int32(index + 1), value) }
    }

    /// Runs a statement that yields no rows.
    func run() throws {
        _ = try step()
        reset()
    }

    /// Whether there is a row; after false or an error the statement is reset. A caller that stops
    /// before must reset it.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        defer { reset() }
        guard code == SQLITE_DONE else {
            let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
        return false
    }

    func reset() { sqlite3_reset(handle) }

    /// The first row of a statement that yields one at most.
    func first<Value>(_ read: (PreparedStatement) throws -> Value) throws -> Value? {
        guard try step() else { return nil }
        defer { reset() }
        return try read(self)
    }

    func each(_ read: (PreparedStatement) throws -> Void) throws {
        while try step() {
            do {
                try read(self)
            } catch {
                reset()
                throw error
            }
        }
    }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: sqlite3_column_blob(handle, column),
            count: Int(sqlite3_column_bytes(handle, column)))
    }

    func buffer(_ column: Int32) -> ByteBuffer { ByteBuffer(bytes: bytes(column)) }
}
