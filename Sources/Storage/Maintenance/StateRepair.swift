import GRDB

/// Mends what a check calls mendable: counts again what can be counted, and raises numbers that must
/// be higher. Removes no message. The caller holds `StateLock`.
package enum StateRepair {
    /// One transaction.
    /// - Throws: an error of SQLite.
    package static func run(_ directory: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(
            path: directory + "/index.sqlite", configuration: configuration)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.inTransaction {
                for statement in statements { try db.execute(sql: statement) }
                return .commit
            }
        }
        try queue.close()
    }

    private static let statements = [
        """
        UPDATE messages SET refs = c.number FROM (\(IndexCounts.references)) c
        WHERE c.message = id AND refs != c.number
        """,
        """
        INSERT INTO segments
        SELECT number, max(finish), sum(used) FROM (\(IndexCounts.segments)) WHERE true
        GROUP BY number HAVING sum(known) = 0 OR sum(live) != sum(used)
        ON CONFLICT (number) DO UPDATE SET live = excluded.live
        """,
        """
        UPDATE meta SET id_ceiling = max(id_ceiling,
            (SELECT coalesce(max(id), 0) + 1 FROM messages))
        """,
        """
        UPDATE accounts SET uidvalidity = max(uidvalidity,
            (SELECT coalesce(max(m.uidvalidity), 0) FROM mailboxes m WHERE m.account = accounts.id))
        """,
        """
        DELETE FROM expunged WHERE EXISTS (SELECT 1 FROM mailbox_messages d
            WHERE d.mailbox = expunged.mailbox AND d.uid = expunged.uid)
        """,
        """
        UPDATE mailboxes SET messages = c.messages, unseen = c.unseen, deleted = c.deleted,
            deleted_bytes = c.deleted_bytes, bytes = c.bytes, uidnext = max(uidnext, c.uid + 1),
            modseq = max(mailboxes.modseq, c.modseq)
        FROM (\(IndexCounts.mailboxes)) c WHERE c.id = mailboxes.id
        """,
        """
        UPDATE mailboxes SET remembered = c.number, uidnext = max(uidnext, c.uid + 1),
            modseq = max(mailboxes.modseq, c.modseq)
        FROM (\(IndexCounts.expunged)) c WHERE c.id = mailboxes.id
        """,
        "UPDATE mailboxes SET recent = uidnext WHERE recent > uidnext",
        """
        UPDATE queue SET next_number = max(next_number, (SELECT coalesce(max(number) + 1, 0)
            FROM queue_recipients r WHERE r.message = queue.message))
        """,
    ]
}
