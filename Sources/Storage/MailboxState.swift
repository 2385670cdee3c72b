import MailModel

/// A mailbox's counters, kept in memory by the writer and written once per transaction.
struct MailboxState {
    var id: Int64
    var account: AccountID
    var name: String
    var uidValidity: UInt32
    var uidNext: UInt32 = 1
    var modSequence: UInt64 = 1
    var counters = MailboxCounters()
    var specialUses: Set<SpecialUse>
    /// UIDs from this one on have not been in any session.
    var recentFrom: UInt32 = 1
    /// Rows in `expunged`, and the mod-sequence up to which there may have been more.
    var remembered: Int64 = 0
    var expungedFloor: UInt64 = 0
    /// Keywords that its messages have or had, by their name in lower case; nil until needed.
    var keywords: [String: String]?
    /// The mod-sequence when those were last compared with what messages have.
    var keywordsSweptAt: UInt64?

    var status: MailboxStatus {
        MailboxStatus(
            id: id, account: account, name: name, uidValidity: uidValidity, uidNext: uidNext,
            highestModSequence: modSequence, messages: Int(counters.messages),
            unseen: Int(counters.unseen), deleted: Int(counters.deleted),
            deletedBytes: counters.deletedBytes, bytes: counters.bytes, specialUses: specialUses,
            recentFrom: recentFrom)
    }
}

/// What is counted of a mailbox's messages.
struct MailboxCounters: Equatable {
    var messages: Int64 = 0
    var unseen: Int64 = 0
    var deleted: Int64 = 0
    var deletedBytes: Int64 = 0
    var bytes: Int64 = 0

    /// - Parameter sign: 1 to count a message with these flags, -1 to count it no more.
    mutating func count(_ flags: MessageFlags, bytes: Int64, _ sign: Int64) {
        messages += sign
        self.bytes += sign * bytes
        if !flags.contains(.seen) { unseen += sign }
        if flags.contains(.deleted) {
            deleted += sign
            deletedBytes += sign * bytes
        }
    }

    static func += (a: inout MailboxCounters, b: MailboxCounters) {
        a.messages += b.messages
        a.unseen += b.unseen
        a.deleted += b.deleted
        a.deletedBytes += b.deletedBytes
        a.bytes += b.bytes
    }

    static func -= (a: inout MailboxCounters, b: MailboxCounters) {
        a.messages -= b.messages
        a.unseen -= b.unseen
        a.deleted -= b.deleted
        a.deletedBytes -= b.deletedBytes
        a.bytes -= b.bytes
    }
}

/// An account as the writer keeps it: its row and the sums over its mailboxes.
struct AccountState {
    var row: Int64
    var lastUIDValidity: UInt32
    var messages: Int64
    var bytes: Int64
    var inbox: Int64?
    /// Keywords in sets that it has had made since the start.
    var newKeywords = 0

    /// Whether so many octets more, in so many messages, stay within the quota.
    func has(room bytes: Int64, messages: Int64 = 1, within quota: Quota) -> Bool {
        (quota.bytes.map { self.bytes + bytes <= $0 } ?? true)
            && (quota.messages.map { self.messages + messages <= $0 } ?? true)
    }

    mutating func add(_ counters: MailboxCounters) {
        messages += counters.messages
        bytes += counters.bytes
    }

    mutating func remove(_ counters: MailboxCounters) {
        messages -= counters.messages
        bytes -= counters.bytes
    }
}

/// How much of a segment of the log is in use.
struct SegmentUse {
    var total: Int64 = 0
    var live: Int64 = 0
}

extension Set<SpecialUse> {
    /// The stored form: a bit for each.
    private static let bits: [(SpecialUse, Int64)] = [
        (.all, 1), (.archive, 2), (.drafts, 4), (.flagged, 8), (.important, 16), (.junk, 32),
        (.sent, 64), (.trash, 128),
    ]

    var stored: Int64 { Self.bits.reduce(0) { contains($1.0) ? $0 | $1.1 : $0 } }

    init(stored: Int64) {
        self = []
        if stored == 0 { return }
        for (use, bit) in Self.bits where stored & bit != 0 { insert(use) }
    }
}
