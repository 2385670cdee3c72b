import MailModel

/// Messages that go, and the memory of those that went (RFC 7162).
extension IndexTables {
    /// Expunged UIDs remembered for each mailbox: this many at least, and twice as many at most.
    static let rememberedExpunges: Int64 = 10_000

    /// - Parameter uids: ascending.
    /// - Returns: those that went. All get one mod-sequence.
    func expunge(
        _ uids: [UInt32], onlyDeleted: Bool, from mailbox: Int64, of account: AccountID
    ) throws -> [UInt32] {
        let state = try state(of: mailbox, ownedBy: account)
        var gone: [UInt32] = []
        var counters = MailboxCounters()
        for (uid, row) in try rows(uids, in: mailbox) {
            guard !onlyDeleted || row.flags.system.contains(.deleted) else { continue }
            counters.count(row.flags.system, bytes: row.bytes, 1)
            try addReferences(-1, to: row.message)
            gone.append(uid)
        }
        guard !gone.isEmpty else { return [] }
        for run in UIDSet(ascending: gone).ranges { try remove(run, from: mailbox) }
        try forget(gone, counters, at: state.modSequence + 1, of: state)
        return gone
    }

    func remove(_ uids: ClosedRange<UInt32>, from mailbox: Int64) throws {
        statements.expunge.bindAll(mailbox, Int64(uids.lowerBound), Int64(uids.upperBound))
        try statements.expunge.run()
    }

    /// Counts messages no more whose rows are gone, and remembers and announces that they went.
    func forget(
        _ gone: [UInt32], _ counters: MailboxCounters, at modSequence: UInt64, of state: MailboxState
    ) throws {
        change(state.id) { state in
            state.modSequence = modSequence
            state.counters -= counters
        }
        accounts[state.account]!.remove(counters)
        try remember(gone, at: modSequence, of: state)
        effects.add(.expunged(gone, modSequence: modSequence), state.id, state.account)
    }

    private func remember(_ gone: [UInt32], at modSequence: UInt64, of state: MailboxState) throws {
        if gone.count > Self.rememberedExpunges {
            statements.forgetExpunged.bindAll(state.id, Int64.max)
            try statements.forgetExpunged.run()
            return change(state.id) { state in
                state.remembered = 0
                state.expungedFloor = modSequence
            }
        }
        for uid in gone {
            statements.remember.bind(1, state.id)
            statements.remember.bind(2, Int64(uid))
            statements.remember.bind(3, Int64(modSequence))
            try statements.remember.run()
        }
        change(state.id) { $0.remembered += Int64(gone.count) }
        if state.remembered + Int64(gone.count) > 2 * Self.rememberedExpunges {
            try prune(state.id)
        }
    }

    /// Keeps the youngest; what goes, goes with all of its mod-sequence.
    private func prune(_ mailbox: Int64) throws {
        statements.expungedAtRank.bindAll(mailbox, Self.rememberedExpunges)
        guard let floor = try statements.expungedAtRank.first({ $0.integer(0) }) else { return }
        statements.forgetExpunged.bindAll(mailbox, floor)
        try statements.forgetExpunged.run()
        statements.countExpunged.bindAll(mailbox)
        let left = try statements.countExpunged.first { $0.integer(0) } ?? 0
        change(mailbox) { state in
            state.remembered = left
            state.expungedFloor = UInt64(floor)
        }
    }
}
