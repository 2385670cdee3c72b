import GRDB
import MailModel
import NIOCore

/// Reads from the index, each call one snapshot, on the I/O threads.
struct IndexReader: Sendable {
    let pool: DatabasePool
    let io: IOThreads
    let locations: LocationCache

    func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        try await read { db in
            try Self.entries(db, "q.message = ?1 LIMIT ?2", Int64(id.rawValue), 1).first
        }
    }

    func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        try await read { db in
            try Self.entries(
                db, "q.message > ?1 ORDER BY q.message LIMIT ?2", Int64(after?.rawValue ?? 0),
                Int64(limit))
        }
    }

    /// Nil when the mailbox, or the account, does not exist.
    func mailbox(named name: String, of account: AccountID) async throws(MailError)
        -> MailboxStatus?
    {
        try await read { db in try Self.mailbox(db, name, account) }
    }

    func messages(in mailbox: Int64) async throws(MailError) -> [MailboxMessage] {
        let (messages, found) = try await read { db in try Self.messages(db, mailbox) }
        locations.set(found)
        return messages
    }

    /// Nil when the mailbox, or the account, does not exist.
    func listing(of name: String, _ account: AccountID) async throws(MailError) -> MailboxListing? {
        let read = try await read { db -> (MailboxListing, Locations)? in
            guard let status = try Self.mailbox(db, name, account) else { return nil }
            let (messages, found) = try Self.messages(db, status.id)
            return (MailboxListing(status: status, messages: messages), found)
        }
        guard let (listing, found) = read else { return nil }
        locations.set(found)
        return listing
    }

    func usage(of account: AccountID) async throws(MailError) -> (bytes: Int64, messages: Int64) {
        try await read { db in
            let statement = try PreparedStatement(
                db,
                """
                SELECT total(m.bytes), total(m.messages)
                FROM accounts a JOIN mailboxes m ON m.account = a.id WHERE a.uuid = ?
                """)
            statement.bind(1, account.bytes)
            return try statement.first { ($0.integer(0), $0.integer(1)) } ?? (0, 0)
        }
    }

    /// Blocks. Nil when nobody refers to the message any more.
    func location(of id: QueueID) throws -> MessageLocation? {
        try pool.read { db in
            let statement = try PreparedStatement(
                db, "SELECT segment, offset FROM messages WHERE id = ?")
            statement.bindAll(Int64(id.rawValue))
            return try statement.first { Self.location($0, from: 0) }
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(MailError) -> Value {
        let pool = pool
        switch await io.run({ Result { try pool.read(body) } }) {
        case .success(let value): return value
        case .failure(let error): throw .localProblem("index: \(error)")
        case nil: throw .closing
        }
    }

    private typealias Locations = [(id: QueueID, to: MessageLocation)]

    private static func mailbox(_ db: Database, _ name: String, _ account: AccountID) throws
        -> MailboxStatus?
    {
        let statement = try PreparedStatement(
            db,
            """
            SELECT m.id, m.uidvalidity, m.uidnext, m.modseq, m.messages, m.bytes
            FROM accounts a JOIN mailboxes m ON m.account = a.id
            WHERE a.uuid = ? AND m.name = ?
            """)
        statement.bind(1, account.bytes)
        statement.bind(2, name)
        return try statement.first { row in
            MailboxStatus(
                id: row.integer(0), name: name, uidValidity: UInt32(row.integer(1)),
                uidNext: UInt32(row.integer(2)), highestModSequence: UInt64(row.integer(3)),
                messages: Int(row.integer(4)), bytes: row.integer(5))
        }
    }

    private static func messages(_ db: Database, _ mailbox: Int64) throws
        -> ([MailboxMessage], Locations)
    {
        let statement = try PreparedStatement(
            db,
            """
            SELECT d.uid, d.message, m.size, d.header, d.flags, d.modseq, d.date,
                m.segment, m.offset
            FROM mailbox_messages d JOIN messages m ON m.id = d.message
            WHERE d.mailbox = ? ORDER BY d.uid
            """)
        statement.bindAll(mailbox)
        var messages: [MailboxMessage] = []
        var found: Locations = []
        try statement.each { row in
            let id = QueueID(rawValue: UInt64(row.integer(1)))
            messages.append(
                MailboxMessage(
                    uid: UInt32(row.integer(0)),
                    message: MessageReference(id: id, size: Int(row.integer(2))),
                    deliveryHeader: Array(row.bytes(3)),
                    flags: MessageFlags(rawValue: UInt32(row.integer(4))),
                    modSequence: UInt64(row.integer(5)),
                    internalDate: Timestamp(milliseconds: row.integer(6))))
            found.append((id, Self.location(row, from: 7)))
        }
        return (messages, found)
    }

    private static func location(_ row: PreparedStatement, from first: Int32) -> MessageLocation {
        let segment = UInt64(row.integer(first))
        return segment == 0
            ? .ownFile : .log(LogPosition(segment: segment, offset: row.integer(first + 1)))
    }

    private static func entries(_ db: Database, _ condition: String, _ values: Int64...) throws
        -> [QueueEntry]
    {
        let statement = try PreparedStatement(
            db,
            """
            SELECT q.message, q.arrival, q.envelope, m.size
            FROM queue q JOIN messages m ON m.id = q.message WHERE \(condition)
            """)
        for (index, value) in values.enumerated() { statement.bind(Int32(index + 1), value) }
        var entries: [QueueEntry] = []
        try statement.each { row in
            var envelope = row.buffer(2)
            let id = QueueID(rawValue: UInt64(row.integer(0)))
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
