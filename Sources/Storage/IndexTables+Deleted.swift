import MailModel

/// Messages of mailboxes that are gone: those of a large one, removed at once, would keep everybody
/// waiting. What a crash leaves of them is found in `deleted_mailboxes` at the next start.
extension IndexTables {
    /// Messages removed in one transaction.
    static let removedAtOnce = 1_000

    /// Removes a portion. `effects.leavesMessages` tells whether there is more.
    func removeMessagesOfDeleted() throws {
        guard let mailbox = try statements.listDeleted.first({ $0.integer(0) }) else { return }
        effects.leavesMessages = true
        guard try !removeMessages(of: mailbox) else { return }
        statements.unmarkDeleted.bindAll(mailbox)
        try statements.unmarkDeleted.run()
    }

    /// Removes the first messages of a mailbox that is not in `mailboxes` any more.
    /// - Returns: whether there may be more.
    func removeMessages(of mailbox: Int64) throws -> Bool {
        var stored: [QueueID] = []
        var last: UInt32 = 0
        statements.listStored.bindAll(mailbox, Int64(Self.removedAtOnce))
        try statements.listStored.each { row in
            last = UInt32(row.integer(0))
            stored.append(QueueID(rawValue: UInt64(row.integer(1))))
        }
        guard !stored.isEmpty else { return false }
        for id in stored { try addReferences(-1, to: id) }
        try remove(1...last, from: mailbox)
        return stored.count == Self.removedAtOnce
    }
}
