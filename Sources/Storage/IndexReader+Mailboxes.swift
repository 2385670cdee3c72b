import GRDB
import MailModel

/// Mailboxes and what belongs to them but their messages.
extension IndexReader {
    func mailboxes(of account: AccountID) async throws(MailError) -> [MailboxStatus] {
        try await readOne { db in
            let statement = try Self.select(db, "a.uuid = ? ORDER BY m.name")
            statement.bind(1, account.bytes)
            var mailboxes: [MailboxStatus] = []
            try statement.each { mailboxes.append(MailboxState($0).status) }
            return mailboxes
        }
    }

    func mailbox(_ id: Int64) async throws(MailError) -> MailboxStatus? {
        try await readOne { db in try Self.mailbox(db, id) }
    }

    /// Nil when the mailbox, or the account, does not exist.
    func mailbox(named name: String, of account: AccountID) async throws(MailError)
        -> MailboxStatus?
    {
        try await readOne { db in try Self.mailbox(db, name, account) }
    }

    func usage(of account: AccountID) async throws(MailError) -> (bytes: Int64, messages: Int64) {
        try await readOne { db in
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

    func subscriptions(of account: AccountID) async throws(MailError) -> Set<String> {
        try await readOne { db in
            let statement = try PreparedStatement(
                db,
                """
                SELECT s.name FROM accounts a JOIN subscriptions s ON s.account = a.id
                WHERE a.uuid = ?
                """)
            statement.bind(1, account.bytes)
            var names: Set<String> = []
            try statement.each { names.insert($0.text(0)) }
            return names
        }
    }

    func accessList(of mailbox: Int64) async throws(MailError) -> [String: String] {
        try await readOne { db in
            let statement = try PreparedStatement(
                db, "SELECT identifier, rights FROM access WHERE mailbox = ?")
            statement.bind(1, mailbox)
            var list: [String: String] = [:]
            try statement.each { list[$0.text(0)] = $0.text(1) }
            return list
        }
    }

    /// By owner and name, each once.
    func mailboxesShared(with identifiers: [String]) async throws(MailError) -> [MailboxStatus] {
        try await read { db in
            let statement = try PreparedStatement(
                db, "SELECT mailbox FROM access WHERE identifier = ?")
            var ids: Set<Int64> = []
            for identifier in identifiers {
                statement.bind(1, identifier)
                try statement.each { ids.insert($0.integer(0)) }
            }
            return try ids.compactMap { try Self.mailbox(db, $0) }.sorted {
                ($0.account.high, $0.account.low, $0.name)
                    < ($1.account.high, $1.account.low, $1.name)
            }
        }
    }

    func annotations(of mailbox: Int64, account: AccountID) async throws(MailError)
        -> [String: [UInt8]]
    {
        try await readOne { db in
            let statement = try PreparedStatement(
                db,
                """
                SELECT n.name, n.value FROM accounts a JOIN annotations n ON n.account = a.id
                WHERE a.uuid = ? AND n.mailbox = ?
                """)
            statement.bind(1, account.bytes)
            statement.bind(2, mailbox)
            var entries: [String: [UInt8]] = [:]
            try statement.each { entries[$0.text(0)] = Array($0.bytes(1)) }
            return entries
        }
    }

    static func mailbox(_ db: Database, _ id: Int64) throws -> MailboxStatus? {
        let statement = try select(db, "m.id = ?")
        statement.bind(1, id)
        return try statement.first { MailboxState($0).status }
    }

    static func mailbox(_ db: Database, _ name: String, _ account: AccountID) throws
        -> MailboxStatus?
    {
        let statement = try select(db, "a.uuid = ? AND m.name = ?")
        statement.bind(1, account.bytes)
        statement.bind(2, name)
        return try statement.first { MailboxState($0).status }
    }

    private static func select(_ db: Database, _ condition: String) throws -> PreparedStatement {
        try PreparedStatement(
            db,
            """
            SELECT \(MailboxState.columns)
            FROM accounts a JOIN mailboxes m ON m.account = a.id WHERE \(condition)
            """)
    }
}
