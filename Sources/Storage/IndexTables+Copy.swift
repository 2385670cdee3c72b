import MailModel

/// Messages that come into a mailbox from another: rows of their own for the same stored bytes.
extension IndexTables {
    /// - Parameter uids: ascending.
    func copy(
        _ uids: [UInt32], from source: Int64, to target: Int64, of account: AccountID, quota: Quota,
        keeping flags: KeptFlags
    ) throws -> CopyResult {
        guard try state(of: source) != nil else { throw MailboxError.nonexistent }
        let rows = try rows(uids, in: source)
        _ = try admit(rows, to: target, of: account, within: quota)
        let result = try copy(rows, from: source, to: target, of: account, keeping: flags)
        for row in rows { try addReference(to: row.row.message) }
        return result
    }

    /// - Parameter uids: ascending.
    func move(
        _ uids: [UInt32], from source: (mailbox: Int64, account: AccountID),
        to target: (mailbox: Int64, account: AccountID), quota: Quota, keeping flags: KeptFlags
    ) throws -> CopyResult {
        _ = try state(of: source.mailbox, ownedBy: source.account)
        let rows = try rows(uids, in: source.mailbox)
        let moved = try admit(
            rows, to: target.mailbox, of: target.account,
            within: source.account == target.account ? .unlimited : quota)
        let result = try copy(
            rows, from: source.mailbox, to: target.mailbox, of: target.account, keeping: flags)
        guard !rows.isEmpty else { return result }
        for row in rows { try remove(row.uid, from: source.mailbox) }
        // Read again: it may be the target itself.
        let left = try state(of: source.mailbox, ownedBy: source.account)
        try forget(result.sources, moved, at: left.modSequence + 1, of: left)
        return result
    }

    private typealias Source = (uid: UInt32, row: FlagRow)

    /// The messages that exist.
    private func rows(_ uids: [UInt32], in mailbox: Int64) throws -> [Source] {
        var rows: [Source] = []
        for uid in uids {
            if let row = try flagRow(uid, in: mailbox) { rows.append((uid, row)) }
        }
        return rows
    }

    /// Whether they may come in, and what they count.
    private func admit(
        _ rows: [Source], to target: Int64, of account: AccountID, within quota: Quota
    ) throws -> MailboxCounters {
        let state = try state(of: target, ownedBy: account, orElse: .targetNonexistent)
        guard state.hasUID(for: rows.count) else { throw MailboxError.noUIDs }
        var counters = MailboxCounters()
        for (_, row) in rows { counters.count(row.flags.system, bytes: row.bytes, 1) }
        guard
            accounts[account]!.has(
                room: counters.bytes, messages: counters.messages, within: quota)
        else { throw MailboxError.overQuota }
        return counters
    }

    /// Throws `MailboxError` before the first row is copied only.
    private func copy(
        _ rows: [Source], from source: Int64, to target: Int64, of account: AccountID,
        keeping kept: KeptFlags
    ) throws -> CopyResult {
        let state = mailboxes[target]!
        var result = CopyResult(uidValidity: state.uidValidity, sources: [], copies: [])
        guard !rows.isEmpty else { return result }
        var sets: [UInt32: UInt32] = [0: 0]
        for (_, row) in rows where kept.keywords && sets[row.flags.keywords] == nil {
            let names = keywords.keywords(of: row.flags.keywords)
            sets[row.flags.keywords] = try keywordSet(names, in: target)
        }
        let saved = Timestamp.now
        let modSequence = state.modSequence + 1
        var added = MailboxCounters()
        var uid = state.uidNext
        for (sourceUID, row) in rows {
            let flags = StoredFlags(
                system: row.flags.system.intersection(kept.system),
                keywords: kept.keywords ? sets[row.flags.keywords]! : 0)
            let statement = statements.copy
            statement.bind(1, source)
            statement.bind(2, Int64(sourceUID))
            statement.bind(3, target)
            statement.bind(4, Int64(uid))
            statement.bind(5, Int64(flags.keywords))
            statement.bind(6, Int64(modSequence))
            statement.bind(7, saved.milliseconds)
            statement.bind(8, Int64(flags.system.rawValue))
            try statement.run()
            added.count(flags.system, bytes: row.bytes, 1)
            effects.append(
                FlaggedMessage(uid: uid, flags: flags, modSequence: modSequence), to: target,
                of: account)
            result.sources.append(sourceUID)
            result.copies.append(uid)
            uid += 1
        }
        count(added, uids: rows.count, into: target, of: account)
        return result
    }
}
