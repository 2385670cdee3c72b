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

    /// The account's INBOX; made when it does not exist.
    func inbox(of id: AccountID) throws -> Int64 {
        if let known = try account(id).inbox { return known }
        let inbox =
            if let found = try find(Self.inbox, of: id) { found } else {
                try makeMailbox(Self.inbox, [], of: id)
            }
        accounts[id]!.inbox = inbox
        return inbox
    }

    func find(_ name: String, of id: AccountID) throws -> Int64? {
        let account = try account(id)
        statements.findMailbox.bind(1, account.row)
        statements.findMailbox.bind(2, name)
        return try statements.findMailbox.first { $0.integer(0) }
    }

    /// Nil when there is no such mailbox.
    func state(of mailbox: Int64) throws -> MailboxState? {
        if let known = mailboxes[mailbox] { return known }
        statements.getMailbox.bindAll(mailbox)
        guard let state = try statements.getMailbox.first({ MailboxState($0) }) else { return nil }
        _ = try account(state.account)
        mailboxes[mailbox] = state
        return state
    }

    /// A mailbox that must exist and be this account's.
    func state(
        of mailbox: Int64, ownedBy account: AccountID, orElse refusal: MailboxError = .nonexistent
    ) throws -> MailboxState {
        guard let state = try state(of: mailbox), state.account == account else { throw refusal }
        return state
    }

    /// UIDVALIDITY is the time in seconds, and greater than any the account ever had (RFC 9051
    /// section 2.3.1.1), so a mailbox made anew under an old name is told apart.
    func makeMailbox(_ name: String, _ uses: Set<SpecialUse>, of id: AccountID) throws -> Int64 {
        let account = try account(id)
        let time = UInt32(clamping: Timestamp.now.seconds)
        let uidValidity = max(time, account.lastUIDValidity + 1)
        statements.setUIDValidity.bindAll(account.row, Int64(uidValidity))
        try statements.setUIDValidity.run()
        accounts[id]!.lastUIDValidity = uidValidity

        statements.insertMailbox.bind(1, account.row)
        statements.insertMailbox.bind(2, name)
        statements.insertMailbox.bind(3, Int64(uidValidity))
        statements.insertMailbox.bind(4, uses.stored)
        let mailbox = try statements.insertMailbox.first { $0.integer(0) }!
        mailboxes[mailbox] = MailboxState(
            id: mailbox, account: id, name: name, uidValidity: uidValidity, specialUses: uses)
        effects.add(.created(name: name), mailbox, id)
        return mailbox
    }
}

extension MailboxState {
    /// The columns that `init(_:)` reads, of `mailboxes` as m and `accounts` as a.
    static let columns = """
        m.id, a.uuid, m.name, m.uidvalidity, m.uidnext, m.modseq, m.messages, m.unseen, m.deleted,
        m.deleted_bytes, m.bytes, m.special_uses, m.remembered, m.expunged_floor,
        m.recent
        """

    init(_ row: PreparedStatement) {
        id = row.integer(0)
        account = row.accountID(1)
        name = row.text(2)
        uidValidity = UInt32(row.integer(3))
        uidNext = UInt32(row.integer(4))
        modSequence = UInt64(row.integer(5))
        counters = MailboxCounters(
            messages: row.integer(6), unseen: row.integer(7), deleted: row.integer(8),
            deletedBytes: row.integer(9), bytes: row.integer(10))
        specialUses = Set(stored: row.integer(11))
        remembered = row.integer(12)
        expungedFloor = UInt64(row.integer(13))
        recentFrom = UInt32(row.integer(14))
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

extension PreparedStatement {
    func accountID(_ column: Int32) -> AccountID {
        let bytes = bytes(column)
        guard bytes.count == 16 else { return AccountID(high: 0, low: 0) }
        return AccountID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}
