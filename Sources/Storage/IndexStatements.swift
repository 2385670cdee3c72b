import GRDB

/// The writer's statements, compiled once.
struct IndexStatements {
    let begin, commit: PreparedStatement
    let setMeta, setSegment, deleteSegment: PreparedStatement
    let findAccount, insertAccount, setUIDValidity, sumMailboxes: PreparedStatement
    let findMailbox, getMailbox, insertMailbox, setMailbox: PreparedStatement
    let insertMessage, getMessage, setReferences, deleteMessage, moveMessage: PreparedStatement
    let deliver, getDelivered, expunge, remember: PreparedStatement
    let insertEntry, getEntry, setNextNumber, deleteEntry: PreparedStatement
    let setRecipient, getRecipient, deleteRecipient, anyRecipient: PreparedStatement

    init(_ db: Database) throws {
        func compile(_ sql: String) throws -> PreparedStatement { try PreparedStatement(db, sql) }
        begin = try compile("BEGIN IMMEDIATE")
        commit = try compile("COMMIT")

        setMeta = try compile("UPDATE meta SET segment = ?, offset = ?, id_ceiling = ?")
        setSegment = try compile("INSERT OR REPLACE INTO segments VALUES (?, ?, ?)")
        deleteSegment = try compile("DELETE FROM segments WHERE number = ?")

        findAccount = try compile("SELECT id, uidvalidity FROM accounts WHERE uuid = ?")
        insertAccount = try compile(
            "INSERT INTO accounts (uuid, uidvalidity) VALUES (?, 0) RETURNING id")
        setUIDValidity = try compile("UPDATE accounts SET uidvalidity = ?2 WHERE id = ?1")
        sumMailboxes = try compile(
            "SELECT total(messages), total(bytes) FROM mailboxes WHERE account = ?")

        findMailbox = try compile("SELECT id FROM mailboxes WHERE account = ? AND name = ?")
        getMailbox = try compile(
            """
            SELECT account, name, uidvalidity, uidnext, modseq, messages, bytes
            FROM mailboxes WHERE id = ?
            """)
        insertMailbox = try compile(
            """
            INSERT INTO mailboxes (account, name, uidvalidity, uidnext, modseq, messages, bytes)
            VALUES (?, ?, ?, 1, 1, 0, 0) RETURNING id
            """)
        setMailbox = try compile(
            """
            UPDATE mailboxes SET uidnext = ?2, modseq = ?3, messages = ?4, bytes = ?5 WHERE id = ?1
            """)

        insertMessage = try compile("INSERT INTO messages VALUES (?, ?, ?, ?, ?)")
        getMessage = try compile("SELECT segment, offset, size, refs FROM messages WHERE id = ?")
        setReferences = try compile("UPDATE messages SET refs = ?2 WHERE id = ?1")
        deleteMessage = try compile("DELETE FROM messages WHERE id = ?")
        moveMessage = try compile("UPDATE messages SET segment = ?2, offset = ?3 WHERE id = ?1")

        deliver = try compile("INSERT INTO mailbox_messages VALUES (?, ?, ?, ?, ?, ?, ?)")
        getDelivered = try compile(
            "SELECT message, length(header) FROM mailbox_messages WHERE mailbox = ? AND uid = ?")
        expunge = try compile("DELETE FROM mailbox_messages WHERE mailbox = ? AND uid = ?")
        remember = try compile("INSERT INTO expunged VALUES (?, ?, ?)")

        insertEntry = try compile("INSERT INTO queue VALUES (?, ?, ?, ?)")
        getEntry = try compile(
            """
            SELECT q.arrival, q.next_number, q.envelope, m.size
            FROM queue q JOIN messages m ON m.id = q.message WHERE q.message = ?
            """)
        setNextNumber = try compile("UPDATE queue SET next_number = ?2 WHERE message = ?1")
        deleteEntry = try compile("DELETE FROM queue WHERE message = ?")

        setRecipient = try compile(
            "INSERT OR REPLACE INTO queue_recipients VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        getRecipient = try compile(
            """
            SELECT number, state, attempts, next_attempt, delay_reported, routed, error
            FROM queue_recipients WHERE message = ? AND number = ?
            """)
        deleteRecipient = try compile(
            "DELETE FROM queue_recipients WHERE message = ? AND number = ?")
        anyRecipient = try compile("SELECT 1 FROM queue_recipients WHERE message = ? LIMIT 1")
    }
}
