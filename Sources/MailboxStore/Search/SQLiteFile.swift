import GRDBSQLite

/// A SQLite connection with its prepared statements. Confined to one thread at a time.
///
/// `@unchecked`: its owner, an actor, sees to that.
final class SQLiteFile: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        var code: Int32
        var description: String
    }

    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    init(path: String) throws(Failure) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw Failure(code: code, description: "\(path): \(String(cString: sqlite3_errstr(code)))")
        }
        self.handle = handle
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Statements without results, separated by semicolons.
    func execute(_ sql: String) throws(Failure) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs a statement and hands over its rows.
    /// - Parameter row: answers false when it has had enough.
    func run(
        _ sql: String, _ values: [SQLiteValue], _ row: (SQLiteRow) -> Bool = { _ in true }
    ) throws(Failure) {
        let statement = try prepare(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            try check(value.bind(to: statement, at: Int32(index + 1)))
        }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { return try check(code) }
            if !row(SQLiteRow(statement: statement)) { return }
        }
    }

    private func prepare(_ sql: String) throws(Failure) -> OpaquePointer {
        if let known = statements[sql] { return known }
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw Failure(code: SQLITE_MISUSE, description: "no statement") }
        statements[sql] = statement
        return statement
    }

    private func check(_ code: Int32) throws(Failure) {
        guard code == SQLITE_OK || code == SQLITE_DONE else {
            throw Failure(code: code, description: String(cString: sqlite3_errmsg(handle)))
        }
    }
}

enum SQLiteValue {
    case integer(Int64)
    /// UTF-8.
    case text([UInt8])

    fileprivate func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        switch self {
        case .integer(let value): return sqlite3_bind_int64(statement, index, value)
        case .text(let bytes):
            // SQLite copies the octets (SQLITE_TRANSIENT).
            let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            guard !bytes.isEmpty else { return sqlite3_bind_text(statement, index, "", 0, copied) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_text(
                    statement, index, $0.assumingMemoryBound(to: CChar.self).baseAddress,
                    Int32(bytes.count), copied)
            }
        }
    }
}

/// The current row of a statement.
struct SQLiteRow {
    fileprivate let statement: OpaquePointer

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    func double(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }

    func octets(_ column: Int32) -> [UInt8] {
        let bytes = sqlite3_column_blob(statement, column)
        return Array(
            UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
    }
}
