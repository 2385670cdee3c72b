import MailModel

/// Mailboxes that are made, renamed and removed. Names are the caller's business.
extension IndexTables {
    static let maximumMailboxesOfAccount = 10_000
    /// Octets of the name that a mailbox may get because one above it is renamed.
    static let maximumName = 2_000

    func apply(_ marks: [Int64: RecentMarks.Mark]) throws {
        for (mailbox, mark) in marks {
            guard let state = try state(of: mailbox), state.account == mark.account,
                state.recentFrom < mark.uid
            else { continue }
            change(mailbox) { $0.recentFrom = mark.uid }
        }
        effects.recentMarks = marks
    }

    func create(_ new: [NewMailbox], of account: AccountID) throws -> [MailboxStatus] {
        let row = try self.account(account).row
        var names: Set<String> = []
        for mailbox in new {
            guard names.insert(mailbox.name).inserted, try find(mailbox.name, of: account) == nil
            else { throw MailboxError.alreadyExists }
        }
        statements.countMailboxes.bind(1, row)
        let count = try statements.countMailboxes.first { $0.integer(0) } ?? 0
        guard Int(count) + new.count <= Self.maximumMailboxesOfAccount else {
            throw MailboxError.limit(
                "an account has \(Self.maximumMailboxesOfAccount) mailboxes at most")
        }
        let made = try new.map { new in
            mailboxes[try makeMailbox(new.name, new.specialUses, of: account)]!.status
        }
        _ = try inbox(of: account)
        return made
    }

    /// What an account begins with, unless `mark` tells that it has.
    func makeDefaults(_ defaults: [NewMailbox], mark: String, of account: AccountID) throws {
        let row = try self.account(account).row
        var isMarked = false
        statements.listAnnotations.bindAll(0, row)
        try statements.listAnnotations.each { if $0.text(0) == mark { isMarked = true } }
        guard !isMarked else { return }
        try requireSubscriptions(defaults.count, row)
        _ = try create(
            try defaults.filter { try find($0.name, of: account) == nil }, of: account)
        for mailbox in defaults { try addSubscription(mailbox.name, row, account) }
        try setAnnotation(mark, [1], of: 0, row)
    }

    /// All below it too, in one transaction; one name that exists refuses everything.
    func rename(_ name: String, to newName: String, of account: AccountID) throws {
        _ = try inbox(of: account)
        guard try find(newName, of: account) == nil else { throw MailboxError.alreadyExists }
        if name == Self.inbox { return try renameInbox(to: newName, of: account) }
        guard let mailbox = try find(name, of: account) else { throw MailboxError.nonexistent }
        let inferiors = try inferiors(of: name, account).map { id, old in
            (id: id, from: old, to: newName + old.dropFirst(name.count))
        }
        for inferior in inferiors {
            guard inferior.to.utf8.count <= Self.maximumName else {
                throw MailboxError.limit("a mailbox's name would be too long")
            }
            guard try find(inferior.to, of: account) == nil else {
                throw MailboxError.alreadyExists
            }
        }
        for (id, from, to) in [(id: mailbox, from: name, to: newName)] + inferiors {
            statements.renameMailbox.bind(1, id)
            statements.renameMailbox.bind(2, to)
            try statements.renameMailbox.run()
            mailboxes[id]?.name = to
            effects.add(.renamed(from: from, to: to), id, account)
        }
    }

    /// By name.
    private func inferiors(of name: String, _ account: AccountID) throws -> [(Int64, String)] {
        statements.findInferiors.bind(1, try self.account(account).row)
        statements.findInferiors.bind(2, name + "/")
        // "0" follows "/".
        statements.findInferiors.bind(3, name + "0")
        var found: [(Int64, String)] = []
        try statements.findInferiors.each { found.append(($0.integer(0), $0.text(1))) }
        return found
    }

    /// Its messages go to a new mailbox and keep their UIDs there; INBOX is empty then. Both have its
    /// annotations (RFC 5464 section 4.1).
    private func renameInbox(to name: String, of account: AccountID) throws {
        let target = try makeMailbox(name, [], of: account)
        let source = try inbox(of: account)
        let state = try state(of: source, ownedBy: account)
        statements.copyAnnotations.bindAll(source, target)
        try statements.copyAnnotations.run()
        var messages: [FlaggedMessage] = []
        statements.listFlags.bind(1, source)
        try statements.listFlags.each { row in
            messages.append(
                FlaggedMessage(
                    uid: UInt32(row.integer(0)), flags: row.flags(1),
                    modSequence: UInt64(row.integer(3))))
        }
        guard !messages.isEmpty else { return }
        try adoptKeywords(of: source, into: target)
        statements.moveAll.bindAll(source, target, Timestamp.now.milliseconds)
        try statements.moveAll.run()
        let counters = state.counters
        change(target) { target in
            target.uidNext = state.uidNext
            target.recentFrom = state.recentFrom
            target.modSequence = state.modSequence
            target.counters = counters
        }
        for message in messages { effects.append(message, to: target, of: account) }
        accounts[account]!.add(counters)
        try forget(messages.map(\.uid), counters, at: state.modSequence + 1, of: state)
    }

    /// Removes the mailbox and all that belongs to it; those below it stay. Of a large one, messages are
    /// left to be removed in portions: nobody sees them any more.
    func delete(_ mailbox: Int64, of account: AccountID) throws {
        let state = try state(of: mailbox, ownedBy: account)
        guard state.name != Self.inbox else { throw MailboxError.limit("INBOX stays") }
        for statement in statements.deleteMailbox {
            statement.bind(1, mailbox)
            try statement.run()
        }
        accounts[account]!.remove(state.counters)
        mailboxes[mailbox] = nil
        effects.add(.deleted(name: state.name), mailbox, account)
        guard try removeMessages(of: mailbox) else { return }
        statements.markDeleted.bindAll(mailbox)
        try statements.markDeleted.run()
        effects.leavesMessages = true
    }

    func setSpecialUses(_ uses: Set<SpecialUse>, of mailbox: Int64, _ account: AccountID) throws {
        let state = try state(of: mailbox, ownedBy: account)
        guard state.specialUses != uses else { return }
        statements.setSpecialUses.bindAll(mailbox, uses.stored)
        try statements.setSpecialUses.run()
        mailboxes[mailbox]!.specialUses = uses
        effects.add(.specialUses, mailbox, account)
    }
}
