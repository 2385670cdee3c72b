import GRDB
import MailModel
import NIOCore

/// Reads from the index, each call one snapshot, on the I/O threads.
struct IndexReader: Sendable {
    let pool: DatabasePool
    let io: IOThreads
    let locations: LocationCache

    func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        // Whoever reads one entry is about to read the message, too.
        let locations = locations
        return try await read { db in
            try Self.entries(db, "q.message = ?1 LIMIT ?2", Int64(id.rawValue), 1) {
                locations.set([($0, $1)])
            }.first
        }
    }

    func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        try await read { db in
            try Self.entries(
                db, "q.message > ?1 ORDER BY q.message LIMIT ?2", Int64(after?.rawValue ?? 0),
                Int64(limit))
        }
    }

    /// Blocks. Nil when nobody refers to the message any more.
    func location(of id: QueueID) throws -> MessageLocation? {
        try pool.unsafeRead { db in
            let statement = try PreparedStatement(
                db, "SELECT segment, offset FROM messages WHERE id = ?")
            statement.bindAll(Int64(id.rawValue))
            return try statement.first { Self.location($0, from: 0) }
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(MailError) -> Value {
        let pool = pool
        return try await run { try pool.read(body) }
    }

    /// `read` for a single statement, which is a snapshot without a transaction around it.
    func readOne<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(MailError) -> Value {
        let pool = pool
        return try await run { try pool.unsafeRead(body) }
    }

    private func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value)
        async throws(MailError) -> Value
    {
        switch await io.run({ Result { try body() } }) {
        case .success(let value): return value
        case .failure(let error): throw .localProblem("index: \(error)")
        case nil: throw .closing
        }
    }

    static func location(_ row: PreparedStatement, from first: Int32) -> MessageLocation {
        let segment = UInt64(row.integer(first))
        return segment == 0
            ? .ownFile : .log(LogPosition(segment: segment, offset: row.integer(first + 1)))
    }

    private static func entries(
        _ db: Database, _ condition: String, _ values: Int64...,
        located: (QueueID, MessageLocation) -> Void = { _, _ in }
    ) throws -> [QueueEntry] {
        let statement = try PreparedStatement(
            db,
            """
            SELECT q.message, q.arrival, q.envelope, m.size, m.segment, m.offset
            FROM queue q JOIN messages m ON m.id = q.message WHERE \(condition)
            """)
        for (index, value) in values.enumerated() { statement.bind(Int32(index + 1), value) }
        var entries: [QueueEntry] = []
        try statement.each { row in
            var envelope = row.buffer(2)
            let id = QueueID(rawValue: UInt64(row.integer(0)))
            located(id, location(row, from: 4))
            entries.append(
                QueueEntry(
                    message: MessageReference(id: id, size: Int(row.integer(3))),
                    envelope: try envelope.decodeEnvelope(),
                    arrival: Timestamp(milliseconds: row.integer(1)), recipients: []))
        }
        let recipients = try PreparedStatement(
            db,
            """
            SELECT number, state, attempts, next_attempt, delay_reported, routed, error
            FROM queue_recipients WHERE message = ? ORDER BY number
            """)
        for index in entries.indices {
            recipients.bindAll(Int64(entries[index].id.rawValue))
            try recipients.each { row in
                entries[index].recipients.append(try QueueRecipient(row, from: 0))
            }
        }
        return entries
    }
}
