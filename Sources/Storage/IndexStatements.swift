import GRDB

/// The writer's statements, compiled once.
struct IndexStatements {
    let begin, commit: PreparedStatement
    let setMeta, setTransit, setSegment, deleteSegment: PreparedStatement
    let findAccount, insertAccount, setUIDValidity, sumMailboxes: PreparedStatement
    let findMailbox, getMailbox, insertMailbox, setMailbox: PreparedStatement
    let countMailboxes, findInferiors, renameMailbox, setSpecialUses: PreparedStatement
    let deleteMailbox: [PreparedStatement]
    let subscribe, unsubscribe, countSubscriptions: PreparedStatement
    let setAccess, removeAccess, countAccess: PreparedStatement
    let annotate, removeAnnotation, listAnnotations, copyAnnotations: PreparedStatement
    let insertKeywordSet, getKeywords, addKeyword, usedKeywordSets, removeKeywords:
        PreparedStatement
    let insertMessage, getMessage, setReferences, addReference: PreparedStatement
    let deleteMessage, moveMessage: PreparedStatement
    let deliver, getDelivered, setFlags, listRows, copy, expunge: PreparedStatement
    let listFlags, listStored, moveAll: PreparedStatement
    let markDeleted, listDeleted, unmarkDeleted: PreparedStatement
    let remember, expungedAtRank, forgetExpunged, countExpunged: PreparedStatement
    let insertEntry, getEntry, setEntry, deleteEntry: PreparedStatement
    let setRecipient, getRecipient, listRecipients, deleteRecipient, anyRecipient: PreparedStatement

    init(_ db: Database) throws {
        func compile(_ sql: String) throws -> PreparedStatement { try PreparedStatement(db, sql) }
        begin = try compile("BEGIN IMMEDIATE")
        commit = try compile("COMMIT")

        setMeta = try compile("UPDATE meta SET segment = ?, offset = ?, id_ceiling = ?")
        setTransit = try compile("UPDATE transit SET messages = ?")
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
            SELECT \(MailboxState.columns)
            FROM mailboxes m JOIN accounts a ON a.id = m.account WHERE m.id = ?
            """)
        insertMailbox = try compile(
            """
            INSERT INTO mailboxes (account, name, uidvalidity, special_uses, uidnext, modseq,
                messages, unseen, deleted, deleted_bytes, bytes, remembered, expunged_floor,
                recent)
            VALUES (?, ?, ?, ?, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1) RETURNING id
            """)
        setMailbox = try compile(
            """
            UPDATE mailboxes SET uidnext = ?2, modseq = ?3, messages = ?4, unseen = ?5,
                deleted = ?6, deleted_bytes = ?7, bytes = ?8, remembered = ?9,
                expunged_floor = ?10, recent = ?11
            WHERE id = ?1
            """)

        countMailboxes = try compile("SELECT count(*) FROM mailboxes WHERE account = ?")
        findInferiors = try compile(
            "SELECT id, name FROM mailboxes WHERE account = ? AND name > ? AND name < ?")
        renameMailbox = try compile("UPDATE mailboxes SET name = ?2 WHERE id = ?1")
        setSpecialUses = try compile("UPDATE mailboxes SET special_uses = ?2 WHERE id = ?1")
        deleteMailbox = try [
            "expunged WHERE mailbox", "access WHERE mailbox", "annotations WHERE mailbox",
            "mailbox_keywords WHERE mailbox", "mailboxes WHERE id",
        ].map { try compile("DELETE FROM \($0) = ?") }

        subscribe = try compile("INSERT OR IGNORE INTO subscriptions VALUES (?, ?) RETURNING 1")
        unsubscribe = try compile(
            "DELETE FROM subscriptions WHERE account = ? AND name = ? RETURNING 1")
        countSubscriptions = try compile("SELECT count(*) FROM subscriptions WHERE account = ?")
        setAccess = try compile("INSERT OR REPLACE INTO access VALUES (?, ?, ?)")
        removeAccess = try compile("DELETE FROM access WHERE mailbox = ? AND identifier = ?")
        countAccess = try compile(
            "SELECT count(*) FROM access WHERE mailbox = ? AND identifier != ?")
        annotate = try compile("INSERT OR REPLACE INTO annotations VALUES (?, ?, ?, ?)")
        removeAnnotation = try compile(
            "DELETE FROM annotations WHERE mailbox = ? AND account = ? AND name = ?")
        listAnnotations = try compile(
            "SELECT name FROM annotations WHERE mailbox = ? AND account = ?")
        copyAnnotations = try compile(
            "INSERT INTO annotations SELECT ?2, account, name, value FROM annotations WHERE mailbox = ?1")

        insertKeywordSet = try compile("INSERT INTO keyword_sets VALUES (?, ?)")
        getKeywords = try compile("SELECT name FROM mailbox_keywords WHERE mailbox = ?")
        addKeyword = try compile("INSERT INTO mailbox_keywords VALUES (?, ?)")
        usedKeywordSets = try compile(
            "SELECT DISTINCT keywords FROM mailbox_messages WHERE mailbox = ?")
        removeKeywords = try compile("DELETE FROM mailbox_keywords WHERE mailbox = ?")

        insertMessage = try compile("INSERT INTO messages VALUES (?, ?, ?, ?, ?)")
        getMessage = try compile("SELECT segment, offset, size, refs FROM messages WHERE id = ?")
        setReferences = try compile("UPDATE messages SET refs = ?2 WHERE id = ?1")
        addReference = try compile("UPDATE messages SET refs = refs + 1 WHERE id = ?")
        deleteMessage = try compile("DELETE FROM messages WHERE id = ?")
        moveMessage = try compile("UPDATE messages SET segment = ?2, offset = ?3 WHERE id = ?1")

        deliver = try compile(
            "INSERT INTO mailbox_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        getDelivered = try compile(
            """
            SELECT flags, keywords, modseq, size + length(header), message
            FROM mailbox_messages WHERE mailbox = ? AND uid = ?
            """)
        setFlags = try compile(
            """
            UPDATE mailbox_messages SET flags = ?3, keywords = ?4, modseq = ?5
            WHERE mailbox = ?1 AND uid = ?2
            """)
        listRows = try compile(
            """
            SELECT flags, keywords, modseq, size + length(header), message, uid
            FROM mailbox_messages WHERE mailbox = ? AND uid BETWEEN ? AND ?
            """)
        copy = try compile(
            """
            INSERT INTO mailbox_messages
            SELECT ?4, uid + ?5, flags & ?6, ifnull(?7, keywords), ?8, size, message, date, ?9, header,
                conversion
            FROM mailbox_messages WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3
            """)
        listFlags = try compile(
            "SELECT uid, flags, keywords, modseq FROM mailbox_messages WHERE mailbox = ?")
        listStored = try compile("SELECT uid, message FROM mailbox_messages WHERE mailbox = ? ORDER BY uid LIMIT ?")
        moveAll = try compile(
            "UPDATE mailbox_messages SET mailbox = ?2, saved = ?3 WHERE mailbox = ?1")
        expunge = try compile(
            "DELETE FROM mailbox_messages WHERE mailbox = ? AND uid BETWEEN ? AND ?")
        markDeleted = try compile("INSERT INTO deleted_mailboxes VALUES (?)")
        listDeleted = try compile("SELECT id FROM deleted_mailboxes LIMIT 1")
        unmarkDeleted = try compile("DELETE FROM deleted_mailboxes WHERE id = ?")

        remember = try compile("INSERT INTO expunged VALUES (?, ?, ?)")
        expungedAtRank = try compile(
            "SELECT modseq FROM expunged WHERE mailbox = ? ORDER BY modseq DESC LIMIT 1 OFFSET ?")
        forgetExpunged = try compile("DELETE FROM expunged WHERE mailbox = ? AND modseq <= ?")
        countExpunged = try compile("SELECT count(*) FROM expunged WHERE mailbox = ?")

        insertEntry = try compile("INSERT INTO queue VALUES (?, ?, ?, ?, ?)")
        getEntry = try compile(
            """
            SELECT q.arrival, q.next_number, q.envelope, m.size, q.delivered
            FROM queue q JOIN messages m ON m.id = q.message WHERE q.message = ?
            """)
        setEntry = try compile(
            "UPDATE queue SET next_number = ?2, delivered = ?3 WHERE message = ?1")
        deleteEntry = try compile("DELETE FROM queue WHERE message = ?")

        setRecipient = try compile(
            "INSERT OR REPLACE INTO queue_recipients VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        getRecipient = try compile(
            """
            SELECT number, state, attempts, next_attempt, delay_reported, routed, error
            FROM queue_recipients WHERE message = ? AND number = ?
            """)
        listRecipients = try compile(
            """
            SELECT number, state, attempts, next_attempt, delay_reported, routed, error
            FROM queue_recipients WHERE message = ?
            """)
        deleteRecipient = try compile(
            "DELETE FROM queue_recipients WHERE message = ? AND number = ?")
        anyRecipient = try compile("SELECT 1 FROM queue_recipients WHERE message = ? LIMIT 1")
    }
}
