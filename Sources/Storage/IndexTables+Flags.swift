import MailModel

/// Flags that change (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3).
extension IndexTables {
    /// - Parameter uids: ascending.
    func store(
        _ change: FlagChange, _ uids: [UInt32], in mailbox: Int64, of account: AccountID
    ) throws -> StoreResult {
        let state = try state(of: mailbox, ownedBy: account)
        let modSequence = state.modSequence + 1
        var result = StoreResult(messages: [], modified: [])
        result.messages.reserveCapacity(uids.count)
        var changed: [FlaggedMessage] = []
        var old = MailboxCounters()
        var new = MailboxCounters()
        // Keywords are what can be refused: all sets come before the first change.
        var sets: [UInt32: UInt32] = [:]
        let keepsKeywords = change.keywords.isEmpty && change.operation != .replace
        for (uid, row) in try rows(uids, in: mailbox) {
            if let limit = change.unchangedSince, row.modSequence > limit {
                result.modified.append(uid)
                continue
            }
            var flags = row.flags
            flags.system = change.system(of: row.flags.system)
            if !keepsKeywords {
                if let known = sets[row.flags.keywords] {
                    flags.keywords = known
                } else {
                    flags.keywords = try keywords(changing: row.flags.keywords, change, in: mailbox)
                    sets[row.flags.keywords] = flags.keywords
                }
            }
            guard flags != row.flags else {
                result.messages.append(
                    FlaggedMessage(uid: uid, flags: flags, modSequence: row.modSequence))
                continue
            }
            old.count(row.flags.system, bytes: row.bytes, 1)
            new.count(flags.system, bytes: row.bytes, 1)
            let message = FlaggedMessage(uid: uid, flags: flags, modSequence: modSequence)
            changed.append(message)
            result.messages.append(message)
        }
        guard !changed.isEmpty else { return result }
        for message in changed { try write(message, in: mailbox) }
        self.change(mailbox) { state in
            state.modSequence = modSequence
            state.counters -= old
            state.counters += new
        }
        effects.add(.flagged(changed), mailbox, account)
        return result
    }

    private func write(_ message: FlaggedMessage, in mailbox: Int64) throws {
        let statement = statements.setFlags
        statement.bind(1, mailbox)
        statement.bind(2, Int64(message.uid))
        statement.bind(3, Int64(message.flags.system.rawValue))
        statement.bind(4, Int64(message.flags.keywords))
        statement.bind(5, Int64(message.modSequence))
        try statement.run()
    }

    /// What becomes of a set of keywords.
    private func keywords(changing set: UInt32, _ change: FlagChange, in mailbox: Int64) throws
        -> UInt32
    {
        switch change.operation {
        case .replace: return try keywordSet(change.keywords, in: mailbox)
        case .add:
            return try keywordSet(keywords.keywords(of: set) + change.keywords, in: mailbox)
        case .remove:
            if set == 0 { return set }
            let removed = Set(change.keywords.map(\.asciiLowercased))
            return try keywordSet(
                keywords.keywords(of: set).filter { !removed.contains($0.asciiLowercased) },
                in: mailbox)
        }
    }
}

extension FlagChange {
    fileprivate func system(of flags: MessageFlags) -> MessageFlags {
        switch operation {
        case .replace: system
        case .add: flags.union(system)
        case .remove: flags.subtracting(system)
        }
    }
}
