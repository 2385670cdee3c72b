import MailModel

/// What the index's counters should be, as queries for checking and for mending.
enum IndexCounts {
    /// `message`, and the `number` of mailboxes and queue entries that refer to it.
    static let references = """
        SELECT message, count(*) AS number FROM (
            SELECT message FROM mailbox_messages UNION ALL SELECT message FROM queue
        ) GROUP BY message
        """

    /// `number` of a segment; `known` and `live` of its row; octets `used` by each message in it, and
    /// where its body ends.
    static let segments = """
        SELECT number, 1 AS known, live, 0 AS used, total AS finish FROM segments
        UNION ALL SELECT segment, 0, 0, size + \(RecordHeader.length), offset + size FROM messages
        WHERE segment > 0
        """

    /// `id` of each mailbox; its counters, highest `uid` and `modseq`, 0 when it is empty.
    static let mailboxes = """
        SELECT b.id, count(d.uid) AS messages, coalesce(sum(d.flags & \(seen) = 0), 0) AS unseen,
            coalesce(sum(d.flags & \(deleted) != 0), 0) AS deleted,
            coalesce(sum((d.flags & \(deleted) != 0) * (d.size + length(d.header))), 0)
                AS deleted_bytes,
            coalesce(sum(d.size + length(d.header)), 0) AS bytes,
            coalesce(max(d.uid), 0) AS uid, coalesce(max(d.modseq), 0) AS modseq
        FROM mailboxes b LEFT JOIN mailbox_messages d ON d.mailbox = b.id GROUP BY b.id
        """

    /// `id` of each mailbox; `number`, highest `uid` and `modseq` of its expunged messages.
    static let expunged = """
        SELECT b.id, count(e.uid) AS number, coalesce(max(e.uid), 0) AS uid,
            coalesce(max(e.modseq), 0) AS modseq
        FROM mailboxes b LEFT JOIN expunged e ON e.mailbox = b.id GROUP BY b.id
        """

    private static let seen = MessageFlags.seen.rawValue
    private static let deleted = MessageFlags.deleted.rawValue
}
