import MailModel

/// A row of `mailbox_messages` without its header.
struct MailboxRow {
    var uid: UInt32
    var flags: StoredFlags
    var modSequence: UInt64
    /// Octets of the stored bytes.
    var size: Int
    var message: QueueID
    var mayNeedConversion: Bool
    var date: Timestamp
    var saved: Timestamp

    var flagged: FlaggedMessage {
        FlaggedMessage(uid: uid, flags: flags, modSequence: modSequence)
    }
}

/// What of a row concerns flags and counters.
struct FlagRow {
    var flags: StoredFlags
    var modSequence: UInt64
    /// Octets that a client sees.
    var bytes: Int64
    var message: QueueID
}

extension MailboxState {
    /// UIDs are 32 bits and never used again (RFC 9051 section 2.3.1.1).
    func hasUID(for count: Int) -> Bool { Int(uidNext) + count <= Int(UInt32.max) }
}

extension IndexTables {
    func insert(_ row: MailboxRow, header: [UInt8], into mailbox: Int64) throws {
        let statement = statements.deliver
        statement.bind(1, mailbox)
        statement.bind(2, Int64(row.uid))
        statement.bind(3, Int64(row.flags.system.rawValue))
        statement.bind(4, Int64(row.flags.keywords))
        statement.bind(5, Int64(row.modSequence))
        statement.bind(6, Int64(row.size))
        statement.bind(7, Int64(row.message.rawValue))
        statement.bind(8, row.date.milliseconds)
        statement.bind(9, row.saved.milliseconds)
        statement.bind(10, header)
        statement.bind(11, row.mayNeedConversion ? 1 : 0)
        try statement.run()
    }

    /// Nil when the mailbox has no such message.
    func flagRow(_ uid: UInt32, in mailbox: Int64) throws -> FlagRow? {
        let statement = statements.getDelivered
        statement.bind(1, mailbox)
        statement.bind(2, Int64(uid))
        return try statement.first { FlagRow($0) }
    }

    /// The messages that exist. Runs of UIDs are read by one statement each.
    /// - Parameter uids: ascending.
    func rows(_ uids: [UInt32], in mailbox: Int64) throws -> [(uid: UInt32, row: FlagRow)] {
        var rows: [(uid: UInt32, row: FlagRow)] = []
        rows.reserveCapacity(uids.count)
        for run in UIDSet(ascending: uids).ranges {
            statements.listRows.bindAll(mailbox, Int64(run.lowerBound), Int64(run.upperBound))
            try statements.listRows.each { row in
                rows.append((UInt32(row.integer(5)), FlagRow(row)))
            }
        }
        return rows
    }
}

extension FlagRow {
    /// From the columns that `getDelivered` and `listRows` begin with.
    init(_ row: PreparedStatement) {
        self.init(
            flags: row.flags(0), modSequence: UInt64(row.integer(2)), bytes: row.integer(3),
            message: QueueID(rawValue: UInt64(row.integer(4))))
    }
}
