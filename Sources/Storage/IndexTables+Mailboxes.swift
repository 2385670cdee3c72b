import MailModel

/// Changes that a mailbox's user makes.
extension IndexTables {
    func open(_ name: String, of account: AccountID) throws -> MailboxStatus {
        let mailbox = try mailbox(named: name, of: account)
        if mailboxes[mailbox] == nil { _ = try load(mailbox, of: account) }
        return mailboxes[mailbox]!.status
    }

    /// False when the account has no such mailbox. All UIDs get one mod-sequence.
    func expunge(_ uids: [UInt32], from mailbox: Int64, of account: AccountID) throws -> Bool {
        guard try load(mailbox, of: account) else { return false }
        let modSequence = mailboxes[mailbox]!.modSequence + 1
        var gone: [UInt32] = []
        var bytes: Int64 = 0
        for uid in uids {
            statements.getDelivered.bindAll(mailbox, Int64(uid))
            let row = try statements.getDelivered.first { row in
                (id: QueueID(rawValue: UInt64(row.integer(0))), header: row.integer(1))
            }
            guard let row else { continue }
            bytes += row.header + Int64(try size(of: row.id) ?? 0)
            statements.expunge.bindAll(mailbox, Int64(uid))
            try statements.expunge.run()
            statements.remember.bindAll(mailbox, Int64(uid), Int64(modSequence))
            try statements.remember.run()
            try addReferences(-1, to: row.id)
            gone.append(uid)
        }
        guard !gone.isEmpty else { return true }
        change(mailbox) { state in
            state.modSequence = modSequence
            state.messages -= Int64(gone.count)
            state.bytes -= bytes
        }
        accounts[account]!.messages -= Int64(gone.count)
        accounts[account]!.bytes -= bytes
        effects.expunge(gone, mailbox: mailbox, account: account, modSequence: modSequence)
        return true
    }
}
