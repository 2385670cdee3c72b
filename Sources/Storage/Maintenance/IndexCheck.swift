import GRDB
import MailModel

/// The index within itself: references, counters, numbers that only grow.
struct IndexCheck {
    private let db: Database

    init(_ db: Database) { self.db = db }

    func run(_ report: inout CheckReport, _ progress: StateCheck.Progress) throws {
        progress("checking references", 0, nil)
        try checkReferences(&report)
        try checkSegments(&report)
        try checkIDs(&report)
        progress("checking mailboxes", 0, nil)
        try checkOwners(&report)
        try checkCounters(&report)
        try checkExpunged(&report)
        report.mailboxes = Int(try count("mailboxes"))
        report.mailboxMessages = Int(try count("mailbox_messages"))
    }

    private func count(_ table: String) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
    }

    private func each(_ sql: String, _ body: (PreparedStatement) -> Void) throws {
        try PreparedStatement(db, sql).each(body)
    }

    private func subject(_ row: PreparedStatement) -> String {
        "message \(QueueID(rawValue: UInt64(bitPattern: row.integer(0))))"
    }

    // MARK: Messages

    private func checkReferences(_ report: inout CheckReport) throws {
        try each(
            """
            SELECT m.id, m.refs, c.number FROM messages m LEFT JOIN (\(IndexCounts.references)) c
            ON c.message = m.id WHERE m.refs IS NOT c.number
            """
        ) { row in
            // Kept: what it is can be found out by a person.
            guard !row.isNull(2) else {
                return report.add(.note, subject(row), "nothing refers to it")
            }
            report.add(
                .mendable, subject(row),
                "counts \(row.integer(1)) references, and has \(row.integer(2))")
        }
        try each(
            """
            SELECT d.message, d.mailbox, d.uid FROM mailbox_messages d
            LEFT JOIN messages m ON m.id = d.message WHERE m.id IS NULL
            """
        ) { row in
            report.add(
                .damage, subject(row),
                "is UID \(row.integer(2)) of mailbox \(row.integer(1)), but is not stored")
        }
        try each(
            """
            SELECT d.message, d.mailbox, d.uid, d.size, m.size FROM mailbox_messages d
            JOIN messages m ON m.id = d.message WHERE d.size != m.size
            """
        ) { row in
            report.add(
                .damage, subject(row),
                "has \(row.integer(4)) octets, but \(row.integer(3)) as UID \(row.integer(2)) of "
                    + "mailbox \(row.integer(1))")
        }
    }

    private func checkSegments(_ report: inout CheckReport) throws {
        try each(
            """
            SELECT number, sum(known), sum(live), sum(used) FROM (\(IndexCounts.segments))
            GROUP BY number HAVING sum(known) = 0 OR sum(live) != sum(used)
            """
        ) { row in
            let name = SegmentFiles.Name.segment(UInt64(row.integer(0))).text
            report.add(
                .mendable, name,
                row.integer(1) == 0
                    ? "has \(row.integer(3)) octets in use, and the index does not know it"
                    : "counts \(row.integer(2)) octets in use, and has \(row.integer(3))")
        }
    }

    private func checkIDs(_ report: inout CheckReport) throws {
        try each(
            """
            SELECT highest, id_ceiling FROM meta, (SELECT max(id) AS highest FROM messages)
            WHERE highest >= id_ceiling
            """
        ) { row in
            report.add(.mendable, subject(row), "its id is beyond those that were given out")
        }
    }

    // MARK: Mailboxes

    private func checkOwners(_ report: inout CheckReport) throws {
        try each(
            """
            SELECT mailbox, count(*) FROM mailbox_messages
            WHERE mailbox NOT IN (
                SELECT id FROM mailboxes UNION ALL SELECT id FROM deleted_mailboxes
            ) GROUP BY mailbox
            """
        ) { row in
            report.add(
                .damage, "mailbox \(row.integer(0))",
                "has \(row.integer(1)) messages, but does not exist")
        }
        try each(
            "SELECT id, name FROM mailboxes WHERE account NOT IN (SELECT id FROM accounts)"
        ) { row in
            report.add(.damage, "mailbox \(row.integer(0))", "“\(row.text(1))” is no account's")
        }
        try each(
            """
            SELECT DISTINCT keywords FROM mailbox_messages
            WHERE keywords != 0 AND keywords NOT IN (SELECT id FROM keyword_sets)
            """
        ) { row in
            report.add(
                .damage, "keywords \(row.integer(0))", "messages have this set, which is not there")
        }
        try each(
            """
            SELECT m.id, m.name FROM mailboxes m JOIN accounts a ON a.id = m.account
            WHERE m.uidvalidity > a.uidvalidity
            """
        ) { row in
            report.add(
                .mendable, "mailbox \(row.integer(0))",
                "“\(row.text(1))” has a UIDVALIDITY that its account could give again")
        }
    }

    private func checkCounters(_ report: inout CheckReport) throws {
        try each(
            """
            SELECT m.id, m.name, m.messages, c.messages, m.unseen, c.unseen, m.deleted, c.deleted,
                m.bytes, c.bytes, m.uidnext, c.uid, m.modseq, c.modseq
            FROM mailboxes m JOIN (\(IndexCounts.mailboxes)) c ON c.id = m.id
            WHERE m.messages != c.messages OR m.unseen != c.unseen OR m.deleted != c.deleted
                OR m.deleted_bytes != c.deleted_bytes OR m.bytes != c.bytes
                OR m.uidnext <= c.uid OR m.modseq < c.modseq OR m.recent > m.uidnext
            """
        ) { row in
            report.add(
                .mendable, "mailbox \(row.integer(0))",
                "“\(row.text(1))” counts (messages, unseen, deleted, octets) "
                    + "\(row.integer(2)), \(row.integer(4)), \(row.integer(6)), \(row.integer(8)), "
                    + "and has \(row.integer(3)), \(row.integer(5)), \(row.integer(7)), "
                    + "\(row.integer(9)); UIDNEXT \(row.integer(10)) after UID \(row.integer(11)), "
                    + "mod-sequence \(row.integer(12)) after \(row.integer(13))")
        }
    }

    private func checkExpunged(_ report: inout CheckReport) throws {
        try each(
            """
            SELECT m.id, m.name, m.remembered, c.number FROM mailboxes m
            JOIN (\(IndexCounts.expunged)) c ON c.id = m.id
            WHERE m.remembered != c.number OR m.uidnext <= c.uid OR m.modseq < c.modseq
            """
        ) { row in
            report.add(
                .mendable, "mailbox \(row.integer(0))",
                "“\(row.text(1))” remembers \(row.integer(2)) expunged messages, and has "
                    + "\(row.integer(3)), or their numbers are not given out yet")
        }
        try each(
            """
            SELECT e.mailbox, e.uid FROM expunged e
            JOIN mailbox_messages d ON d.mailbox = e.mailbox AND d.uid = e.uid
            """
        ) { row in
            report.add(
                .mendable, "mailbox \(row.integer(0))",
                "UID \(row.integer(1)) is said to be expunged, and is there")
        }
    }
}
