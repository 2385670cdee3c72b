import GRDB
import MailModel

/// Messages in mailboxes.
extension IndexReader {
    private typealias Locations = [(id: QueueID, to: MessageLocation)]

    /// Nil when the mailbox, or the account, does not exist.
    func listing(of name: String, _ account: AccountID) async throws(MailError) -> MailboxListing? {
        let read = try await read { db -> (MailboxListing, Locations)? in
            guard let status = try Self.mailbox(db, name, account) else { return nil }
            let (messages, found) = try Self.messages(db, status.id, [1...UInt32.max], .max)
            return (MailboxListing(status: status, messages: messages), found)
        }
        guard let (listing, found) = read else { return nil }
        locations.set(found)
        return listing
    }

    func messages(_ uids: UIDSet, in mailbox: Int64, limit: Int) async throws(MailError)
        -> [MailboxMessage]
    {
        let (messages, found) = try await read { db in
            try Self.messages(db, mailbox, uids.ranges, limit)
        }
        locations.set(found)
        return messages
    }

    func contents(of mailbox: Int64) async throws(MailError) -> MailboxContents? {
        try await read { db in
            guard let status = try Self.mailbox(db, mailbox) else { return nil }
            var contents = MailboxContents(status: status, uids: [], flags: [], modSequences: [])
            contents.uids.reserveCapacity(status.messages)
            contents.flags.reserveCapacity(status.messages)
            contents.modSequences.reserveCapacity(status.messages)
            let statement = try PreparedStatement(
                db,
                """
                SELECT uid, flags, keywords, modseq FROM mailbox_messages
                WHERE mailbox = ? ORDER BY uid
                """)
            statement.bind(1, mailbox)
            while try statement.step() {
                contents.uids.append(UInt32(truncatingIfNeeded: statement.integer(0)))
                contents.flags.append(statement.flags(1))
                contents.modSequences.append(UInt64(statement.integer(3)))
            }
            return contents
        }
    }

    func countMessages(from uid: UInt32, in mailbox: Int64) async throws(MailError) -> Int {
        try await readOne { db in
            let statement = try PreparedStatement(
                db, "SELECT count(*) FROM mailbox_messages WHERE mailbox = ? AND uid >= ?")
            statement.bindAll(mailbox, Int64(uid))
            return try statement.first { Int($0.integer(0)) } ?? 0
        }
    }

    func vanished(since modSequence: UInt64, in mailbox: Int64) async throws(MailError) -> UIDSet {
        try await read { db in
            let statement = try PreparedStatement(
                db, "SELECT expunged_floor, uidnext FROM mailboxes WHERE id = ?")
            statement.bind(1, mailbox)
            let found = try statement.first { (UInt64($0.integer(0)), UInt32($0.integer(1))) }
            guard let (floor, uidNext) = found else { return UIDSet() }
            return modSequence < floor
                ? try Self.unused(db, mailbox, below: uidNext)
                : try Self.expunged(db, mailbox, since: modSequence)
        }
    }

    private static func expunged(_ db: Database, _ mailbox: Int64, since modSequence: UInt64) throws
        -> UIDSet
    {
        let statement = try PreparedStatement(
            db, "SELECT uid FROM expunged WHERE mailbox = ? AND modseq > ? ORDER BY uid")
        statement.bindAll(mailbox, Int64(clamping: modSequence))
        var uids = UIDSet()
        try statement.each { uids.append(UInt32($0.integer(0))) }
        return uids
    }

    /// Every UID that was given and has no message.
    private static func unused(_ db: Database, _ mailbox: Int64, below uidNext: UInt32) throws
        -> UIDSet
    {
        let statement = try PreparedStatement(
            db, "SELECT uid FROM mailbox_messages WHERE mailbox = ? ORDER BY uid")
        statement.bind(1, mailbox)
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 1
        try statement.each { row in
            let uid = UInt32(row.integer(0))
            if uid > next { gaps.append(next...uid - 1) }
            next = uid + 1
        }
        if uidNext > next { gaps.append(next...uidNext - 1) }
        return UIDSet(gaps)
    }

    private static func messages(
        _ db: Database, _ mailbox: Int64, _ uids: [ClosedRange<UInt32>], _ limit: Int
    ) throws -> ([MailboxMessage], Locations) {
        let statement = try PreparedStatement(
            db,
            """
            SELECT d.uid, d.flags, d.keywords, d.modseq, d.size, d.message, d.date, d.saved,
                d.header, m.segment, m.offset, d.conversion
            FROM mailbox_messages d JOIN messages m ON m.id = d.message
            WHERE d.mailbox = ? AND d.uid BETWEEN ? AND ? ORDER BY d.uid LIMIT ?
            """)
        var messages: [MailboxMessage] = []
        var found: Locations = []
        for range in uids {
            guard messages.count < limit else { break }
            statement.bindAll(
                mailbox, Int64(range.lowerBound), Int64(range.upperBound),
                Int64(limit - messages.count))
            try statement.each { row in
                let id = QueueID(rawValue: UInt64(row.integer(5)))
                messages.append(
                    MailboxMessage(
                        uid: UInt32(row.integer(0)),
                        message: MessageReference(id: id, size: Int(row.integer(4))),
                        deliveryHeader: Array(row.bytes(8)), flags: row.flags(1),
                        modSequence: UInt64(row.integer(3)),
                        internalDate: Timestamp(milliseconds: row.integer(6)),
                        savedDate: Timestamp(milliseconds: row.integer(7)),
                        mayNeedConversion: row.integer(11) != 0))
                found.append((id, Self.location(row, from: 9)))
            }
        }
        return (messages, found)
    }
}

extension PreparedStatement {
    /// From two columns: system flags, and the number of the set of keywords.
    func flags(_ first: Int32) -> StoredFlags {
        StoredFlags(
            system: MessageFlags(rawValue: UInt32(truncatingIfNeeded: integer(first))),
            keywords: UInt32(truncatingIfNeeded: integer(first + 1)))
    }
}
