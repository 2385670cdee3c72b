import MailModel
import NIOCore

/// Accounts and mailboxes: found, or made on first use.
extension IndexTables {
    static let inbox = "INBOX"

    func account(_ id: AccountID) throws -> AccountState {
        if let known = accounts[id] { return known }
        let uuid = id.bytes
        statements.findAccount.bind(1, uuid)
        var state = try statements.findAccount.first { row in
            AccountState(
                row: row.integer(0), lastUIDValidity: UInt32(row.integer(1)), messages: 0, bytes: 0)
        }
        if state == nil {
            statements.insertAccount.bind(1, uuid)
            let row = try statements.insertAccount.first { $0.integer(0) }
            state = AccountState(row: row!, lastUIDValidity: 0, messages: 0, bytes: 0)
        }
        var account = state!
        statements.sumMailboxes.bindAll(account.row)
        try statements.sumMailboxes.each { row in
            account.messages = row.integer(0)
            account.bytes = row.integer(1)
        }
        // None of its mailboxes can have counters that are not written: those load it first.
        accounts[id] = account
        return account
    }

    /// The mailbox's id; made when it does not exist.
    func mailbox(named name: String, of id: AccountID) throws -> Int64 {
        let account = try account(id)
        if name == Self.inbox, let inbox = account.inbox { return inbox }
        statements.findMailbox.bind(1, account.row)
        statements.findMailbox.bind(2, name)
        let found = try statements.findMailbox.first { $0.integer(0) }
        let mailbox: Int64
        if let found {
            mailbox = found
            _ = try load(found, of: id)
        } else {
            mailbox = try makeMailbox(name, of: id, account)
        }
        if name == Self.inbox { accounts[id]!.inbox = mailbox }
        return mailbox
    }

    /// False when the account has no such mailbox.
    func load(_ mailbox: Int64, of id: AccountID) throws -> Bool {
        if let known = mailboxes[mailbox] { return known.account == id }
        let account = try account(id)
        statements.getMailbox.bindAll(mailbox)
        return try statements.getMailbox.first { row in
            guard row.integer(0) == account.row else { return false }
            mailboxes[mailbox] = MailboxState(
                id: mailbox, account: id, name: row.text(1), uidValidity: UInt32(row.integer(2)),
                uidNext: UInt32(row.integer(3)), modSequence: UInt64(row.integer(4)),
                messages: row.integer(5), bytes: row.integer(6))
            return true
        } ?? false
    }

    /// UIDVALIDITY is the time in seconds, and greater than any the account ever had (RFC 9051
    /// section 2.3.1.1), so a mailbox made anew under an old name is told apart.
    private func makeMailbox(_ name: String, of id: AccountID, _ account: AccountState) throws
        -> Int64
    {
        let time = UInt32(clamping: Timestamp.now.seconds)
        let uidValidity = max(time, account.lastUIDValidity + 1)
        statements.setUIDValidity.bindAll(account.row, Int64(uidValidity))
        try statements.setUIDValidity.run()
        accounts[id]!.lastUIDValidity = uidValidity

        statements.insertMailbox.bind(1, account.row)
        statements.insertMailbox.bind(2, name)
        statements.insertMailbox.bind(3, Int64(uidValidity))
        let mailbox = try statements.insertMailbox.first { $0.integer(0) }!
        mailboxes[mailbox] = MailboxState(
            id: mailbox, account: id, name: name, uidValidity: uidValidity, uidNext: 1,
            modSequence: 1, messages: 0, bytes: 0)
        return mailbox
    }
}

extension AccountID {
    var bytes: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(high)
        buffer.writeInteger(low)
        return buffer
    }
}
