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
        for (_, row) in rows { try addReference(to: row.message) }
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
        for run in UIDSet(ascending: result.sources).ranges {
            try remove(run, from: source.mailbox)
        }
        // Read again: it may be the target itself.
        let left = try state(of: source.mailbox, ownedBy: source.account)
        try forget(result.sources, moved, at: left.modSequence + 1, of: left)
        return result
    }

    private typealias Source = (uid: UInt32, row: FlagRow)

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
        let modSequence = state.modSequence + 1
        var added = MailboxCounters()
        var messages: [FlaggedMessage] = []
        messages.reserveCapacity(rows.count)
        result.sources.reserveCapacity(rows.count)
        result.copies.reserveCapacity(rows.count)
        var run: Run?
        let saved = Timestamp.now
        for (sourceUID, row) in rows {
            let flags = StoredFlags(
                system: row.flags.system.intersection(kept.system),
                keywords: kept.keywords ? sets[row.flags.keywords]! : 0)
            let uid = state.uidNext + UInt32(messages.count)
            let isKept = kept.keywords && flags.keywords == row.flags.keywords
            if run?.extend(to: sourceUID, keywords: isKept ? nil : flags.keywords) != true {
                if let run { try copy(run, from: source, to: target, kept.system, modSequence, saved) }
                run = Run(sourceUID, to: uid, keywords: isKept ? nil : flags.keywords)
            }
            added.count(flags.system, bytes: row.bytes, 1)
            messages.append(FlaggedMessage(uid: uid, flags: flags, modSequence: modSequence))
            result.sources.append(sourceUID)
            result.copies.append(uid)
        }
        if let run { try copy(run, from: source, to: target, kept.system, modSequence, saved) }
        effects.append(messages, to: target, of: account)
        count(added, uids: rows.count, into: target, of: account)
        return result
    }

    /// UIDs without a gap, whose rows one statement copies.
    private struct Run {
        let first: UInt32
        private(set) var last: UInt32
        let target: UInt32
        /// Nil: as they are.
        let keywords: UInt32?

        init(_ uid: UInt32, to target: UInt32, keywords: UInt32?) {
            (first, last) = (uid, uid)
            self.target = target
            self.keywords = keywords
        }

        /// False when it does not go on with this message.
        mutating func extend(to uid: UInt32, keywords: UInt32?) -> Bool {
            guard uid == last + 1, keywords == self.keywords else { return false }
            last = uid
            return true
        }
    }

    private func copy(
        _ run: Run, from source: Int64, to target: Int64, _ flags: MessageFlags,
        _ modSequence: UInt64, _ saved: Timestamp
    ) throws {
        let statement = statements.copy
        statement.bind(1, source)
        statement.bind(2, Int64(run.first))
        statement.bind(3, Int64(run.last))
        statement.bind(4, target)
        statement.bind(5, Int64(run.target) - Int64(run.first))
        statement.bind(6, Int64(flags.rawValue))
        if let keywords = run.keywords {
            statement.bind(7, Int64(keywords))
        } else {
            statement.bindNull(7)
        }
        statement.bind(8, Int64(modSequence))
        statement.bind(9, saved.milliseconds)
        try statement.run()
    }
}
