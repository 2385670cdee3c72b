package import MailModel

/// A message's flags, and since when.
package struct FlaggedMessage: Sendable, Hashable {
    package var uid: UInt32
    package var flags: StoredFlags
    package var modSequence: UInt64

    package init(uid: UInt32, flags: StoredFlags, modSequence: UInt64) {
        self.uid = uid
        self.flags = flags
        self.modSequence = modSequence
    }
}

/// A committed change of an account's mailboxes.
package struct MailboxChange: Sendable {
    package enum Kind: Sendable {
        /// Ascending, above all that were there.
        case appended([FlaggedMessage])
        case flagged([FlaggedMessage])
        /// One mod-sequence for all.
        case expunged([UInt32], modSequence: UInt64)
        case created(name: String)
        case renamed(from: String, to: String)
        case deleted(name: String)
        case specialUses
        /// `mailbox` is 0 for the next three where it does not exist or the server is meant.
        case subscription(name: String, Bool)
        /// The access list's entry for this identifier.
        case access(identifier: String)
        case annotations(entries: [String])
        /// Stored messages that no mailbox has any more (`mailbox` 0, any account).
        case removed([QueueID])
    }

    package var mailbox: Int64
    package var account: AccountID
    package var kind: Kind
    /// Who made it, when he has said so.
    package var origin: UInt64?

    package init(mailbox: Int64, account: AccountID, kind: Kind, origin: UInt64? = nil) {
        self.mailbox = mailbox
        self.account = account
        self.kind = kind
        self.origin = origin
    }
}

/// Who makes changes: an observer can tell a session's own from others'.
package enum ChangeOrigin {
    /// Nil: it does not matter.
    @TaskLocal package static var current: UInt64?
}
