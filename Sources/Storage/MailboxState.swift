import MailModel

/// A mailbox's counters, kept in memory by the writer and written once per transaction.
struct MailboxState {
    var id: Int64
    var account: AccountID
    var name: String
    var uidValidity: UInt32
    var uidNext: UInt32
    var modSequence: UInt64
    var messages: Int64
    var bytes: Int64

    var status: MailboxStatus {
        MailboxStatus(
            id: id, name: name, uidValidity: uidValidity, uidNext: uidNext,
            highestModSequence: modSequence, messages: Int(messages), bytes: bytes)
    }
}

/// An account as the writer keeps it: its row and the sums over its mailboxes.
struct AccountState {
    var row: Int64
    var lastUIDValidity: UInt32
    var messages: Int64
    var bytes: Int64
    var inbox: Int64?

    /// Whether so many octets more, as one message, stay within the quota.
    func has(room bytes: Int64, within quota: Quota) -> Bool {
        (quota.bytes.map { self.bytes + bytes <= $0 } ?? true)
            && (quota.messages.map { messages < $0 } ?? true)
    }
}

/// How much of a segment of the log is in use.
struct SegmentUse {
    var total: Int64 = 0
    var live: Int64 = 0
}
