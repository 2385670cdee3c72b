import MailModel

/// A message whose bytes are durable, to be put into a mailbox.
struct AppendedRow: Sendable {
    var id: QueueID
    var size: Int
    var location: MessageLocation
    var mayNeedConversion: Bool
    var flags: MessageFlags
    var keywords: [String]
    var internalDate: Timestamp
}

extension IndexTables {
    /// All or none; they get one mod-sequence.
    func append(
        _ messages: [AppendedRow], to mailbox: Int64, of account: AccountID, quota: Quota,
        replacing: (mailbox: Int64, account: AccountID, uid: UInt32)?
    ) throws -> AppendResult {
        let target = try state(of: mailbox, ownedBy: account, orElse: .targetNonexistent)
        guard target.hasUID(for: messages.count) else { throw MailboxError.noUIDs }
        var added = MailboxCounters()
        for message in messages { added.count(message.flags, bytes: Int64(message.size), 1) }
        var needed = (bytes: added.bytes, messages: added.messages)
        if let replacing {
            _ = try state(of: replacing.mailbox, ownedBy: replacing.account)
            guard let row = try flagRow(replacing.uid, in: replacing.mailbox) else {
                throw MailboxError.nonexistent
            }
            if replacing.account == account {
                needed.bytes -= row.bytes
                needed.messages -= 1
            }
        }
        guard accounts[account]!.has(room: needed.bytes, messages: needed.messages, within: quota)
        else { throw MailboxError.overQuota }
        let sets = try messages.map { try keywordSet($0.keywords, in: mailbox) }

        let now = Timestamp.now
        var uids: [UInt32] = []
        for (message, set) in zip(messages, sets) {
            try store(message.id, size: message.size, at: message.location, references: 1)
            let row = MailboxRow(
                uid: target.uidNext + UInt32(uids.count),
                flags: StoredFlags(system: message.flags, keywords: set),
                modSequence: target.modSequence + 1, size: message.size, message: message.id,
                mayNeedConversion: message.mayNeedConversion, date: message.internalDate, saved: now)
            try insert(row, header: [], into: mailbox)
            effects.append(row.flagged, to: mailbox, of: account)
            uids.append(row.uid)
        }
        if !messages.isEmpty { count(added, uids: uids.count, into: mailbox, of: account) }
        if let replacing {
            _ = try expunge(
                [replacing.uid], onlyDeleted: false, from: replacing.mailbox, of: replacing.account)
        }
        return AppendResult(uidValidity: target.uidValidity, uids: uids)
    }

    /// Messages have come into a mailbox, all with the next mod-sequence.
    func count(
        _ added: MailboxCounters, uids: Int, into mailbox: Int64, of account: AccountID
    ) {
        change(mailbox) { state in
            state.uidNext += UInt32(uids)
            state.modSequence += 1
            state.counters += added
        }
        accounts[account]!.add(added)
    }
}

extension MailboxError {
    static let noUIDs = MailboxError.limit("the mailbox has no UIDs left")
}
