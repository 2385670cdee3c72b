package import MailModel
package import NIOCore

/// The mailboxes' share of the storage engine. Writes return after their transaction is durable, and
/// after the observer has been told; waiting writes share a transaction. `account` is always the
/// mailbox's owner.
package protocol MailboxStorage: Sendable {
    /// Returns once messages that were accepted for the account before are in its mailboxes, or the
    /// storage does not get on with them: who looks after a 250 finds the message.
    func finishDeliveries(to account: AccountID) async

    // MARK: POP3's view

    /// The account's INBOX as its last announced change left it, or newer; made (with the account)
    /// when it does not exist.
    func listInbox(of account: AccountID) async throws(MailError) -> MailboxListing

    /// Octets and messages in all the account's mailboxes.
    func usage(of account: AccountID) async throws(MailError) -> (bytes: Int64, messages: Int64)

    // MARK: Mailboxes

    /// All of the account's, by name.
    func mailboxes(of account: AccountID) async throws(MailError) -> [MailboxStatus]
    func mailbox(_ id: Int64) async throws(MailError) -> MailboxStatus?
    func mailbox(named name: String, of account: AccountID) async throws(MailError) -> MailboxStatus?

    /// Makes mailboxes (and the account), all or none. Names are taken as they are: the caller has
    /// checked them. INBOX exists from the account's first use on.
    func createMailboxes(_ mailboxes: [NewMailbox], of account: AccountID)
        async throws(MailboxError) -> [MailboxStatus]
    /// Makes those of the mailboxes that are missing, subscribes to all of them, and sets the annotation
    /// `mark` of the server's own; nothing when that is there already.
    func makeDefaultMailboxes(_ defaults: [NewMailbox], mark: String, of account: AccountID)
        async throws(MailError)
    /// Renames a mailbox and all below it ("/" separates levels); subscriptions stay with their
    /// names (RFC 9051 section 6.3.6). Renaming INBOX moves its messages to a new mailbox.
    func renameMailbox(_ name: String, to newName: String, of account: AccountID)
        async throws(MailboxError)
    /// Removes a mailbox with its messages; mailboxes below it stay. Room that the messages took is
    /// given back soon after.
    func deleteMailbox(_ id: Int64, of account: AccountID) async throws(MailboxError)
    func setSpecialUses(_ uses: Set<SpecialUse>, of mailbox: Int64, account: AccountID)
        async throws(MailboxError)

    /// Names need not be those of mailboxes (RFC 9051 section 6.3.7).
    func subscriptions(of account: AccountID) async throws(MailError) -> Set<String>
    func setSubscribed(_ subscribed: Bool, _ name: String, of account: AccountID)
        async throws(MailboxError)

    // MARK: Access (RFC 4314) and annotations (RFC 5464)

    /// Rights by identifier; empty: only the owner's.
    func accessList(of mailbox: Int64) async throws(MailError) -> [String: String]
    /// Empty rights remove the identifier.
    func setAccess(_ rights: String, of identifier: String, to mailbox: Int64, account: AccountID)
        async throws(MailboxError)
    /// Mailboxes of other accounts whose access list names one of these identifiers.
    func mailboxesShared(with identifiers: [String]) async throws(MailError)
        -> [(account: AccountID, mailbox: MailboxStatus)]

    /// Entries by name (as stored: lower case); `mailbox` 0 is the server's own, per account.
    func annotations(of mailbox: Int64, account: AccountID) async throws(MailError)
        -> [String: [UInt8]]
    /// Nil removes.
    func setAnnotations(_ entries: [String: [UInt8]?], of mailbox: Int64, account: AccountID)
        async throws(MailboxError)

    // MARK: Messages

    /// A mailbox's messages in a few octets each, one snapshot; nil when it does not exist.
    func contents(of mailbox: Int64) async throws(MailError) -> MailboxContents?

    /// The messages with these UIDs that exist, ascending, at most `limit`. Meant to be called in
    /// portions.
    func messages(_ uids: UIDSet, in mailbox: Int64, limit: Int) async throws(MailError)
        -> [MailboxMessage]

    /// Octets `range` of the stored bytes (without the delivery header).
    func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError) -> ByteBuffer

    /// Keeps the bytes readable, whoever removes the message, until the result is released. Nil where
    /// nothing is ever removed.
    func hold(_ message: MessageReference) async throws(MailError) -> MessageHold?

    /// A place for the bytes of a message that is to be appended.
    func makeDraft(sizeHint: Int?) throws(MailError) -> MessageDraft

    /// Appends messages, all or none; the drafts are used up whatever the outcome.
    /// - Parameter replacing: a message that goes in the same transaction (RFC 8508).
    func append(
        _ messages: [AppendedMessage], to mailbox: Int64, account: AccountID, quota: Quota,
        replacing: (mailbox: Int64, account: AccountID, uid: UInt32)?
    ) async throws(MailboxError) -> AppendResult

    /// Copies with dates and those flags, all that exist, or none.
    func copy(
        _ uids: [UInt32], from source: Int64, to target: Int64, account: AccountID, quota: Quota,
        keeping flags: KeptFlags
    ) async throws(MailboxError) -> CopyResult

    /// `copy` and `expunge` in one transaction. Between mailboxes of one account the quota does not
    /// matter.
    func move(
        _ uids: [UInt32], from source: (mailbox: Int64, account: AccountID),
        to target: (mailbox: Int64, account: AccountID), quota: Quota, keeping flags: KeptFlags
    ) async throws(MailboxError) -> CopyResult

    /// Changes flags. Messages whose mod-sequence is above `unchangedSince` stay as they are.
    /// A message whose flags the change leaves alone gets no new mod-sequence. Thousands are changed in
    /// portions: after an error, some may be.
    func store(_ change: FlagChange, uids: [UInt32], in mailbox: Int64, account: AccountID)
        async throws(MailboxError) -> StoreResult

    /// Removes the messages with these UIDs for good; those that are gone already are passed over.
    /// Thousands go in portions: after an error, some may be gone.
    /// - Parameter onlyDeleted: only those that have \Deleted at that moment.
    /// - Returns: the UIDs that went.
    @discardableResult
    func expunge(_ uids: [UInt32], onlyDeleted: Bool, from mailbox: Int64, account: AccountID)
        async throws(MailboxError) -> [UInt32]

    /// Remembers that a session has been told of all messages before this UID. Whoever reads the mailbox
    /// afterwards sees it; it is not durable before the next change: after a crash some messages may be
    /// \Recent again.
    func setRecent(from uid: UInt32, in mailbox: Int64, account: AccountID)
    /// How many messages have this UID or a greater one.
    func countMessages(from uid: UInt32, in mailbox: Int64) async throws(MailError) -> Int

    /// UIDs that were expunged after this mod-sequence, among `uids` when given (RFC 7162). When the
    /// engine no longer knows, every UID below UIDNEXT that is not in the mailbox.
    func vanished(since modSequence: UInt64, in mailbox: Int64) async throws(MailError) -> UIDSet

    // MARK: Changes

    var keywords: KeywordTable { get }

    /// Called on the index's thread after every commit, before the writers' calls return, in order;
    /// must not block. One observer, set before the engine is used.
    func setObserver(_ observer: @escaping @Sendable ([MailboxChange]) -> Void)
}

/// One mailbox as it stands (RFC 9051 section 2.3.1).
package struct MailboxStatus: Sendable, Hashable {
    package var id: Int64
    package var account: AccountID
    /// UTF-8; "/" separates levels; "INBOX" in upper case.
    package var name: String
    package var uidValidity: UInt32
    package var uidNext: UInt32
    package var highestModSequence: UInt64
    package var messages: Int
    package var unseen: Int
    /// With \Deleted, and their octets.
    package var deleted: Int
    package var deletedBytes: Int64
    package var bytes: Int64
    package var specialUses: Set<SpecialUse>
    /// Messages from this UID on have not been in any session yet (RFC 3501: \Recent).
    package var recentFrom: UInt32

    package init(
        id: Int64, account: AccountID, name: String, uidValidity: UInt32, uidNext: UInt32,
        highestModSequence: UInt64, messages: Int, unseen: Int, deleted: Int, deletedBytes: Int64,
        bytes: Int64, specialUses: Set<SpecialUse>, recentFrom: UInt32
    ) {
        self.id = id
        self.account = account
        self.name = name
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.highestModSequence = highestModSequence
        self.messages = messages
        self.unseen = unseen
        self.deleted = deleted
        self.deletedBytes = deletedBytes
        self.bytes = bytes
        self.specialUses = specialUses
        self.recentFrom = recentFrom
    }
}

package struct NewMailbox: Sendable {
    package var name: String
    package var specialUses: Set<SpecialUse>

    package init(name: String, specialUses: Set<SpecialUse> = []) {
        self.name = name
        self.specialUses = specialUses
    }
}

/// Why a change of mailboxes was not made; nothing was changed.
package enum MailboxError: Error, Sendable {
    case alreadyExists
    /// The mailbox, or the account's, does not exist (any more).
    case nonexistent
    /// The target of COPY, MOVE or APPEND does not exist.
    case targetNonexistent
    case overQuota
    /// A limit of the engine: mailboxes of an account, keywords of a mailbox, UIDs.
    case limit(String)
    case unavailable(MailError)
}

/// One message in a mailbox.
package struct MailboxMessage: Sendable {
    package var uid: UInt32
    package var message: MessageReference
    /// Lines that belong before the stored bytes for this recipient only (Return-Path,
    /// Delivered-To), each with its CRLF.
    package var deliveryHeader: [UInt8]
    package var flags: StoredFlags
    package var modSequence: UInt64
    package var internalDate: Timestamp
    /// When it came into this mailbox (RFC 8514).
    package var savedDate: Timestamp
    /// Clients that take lines and ASCII headers may need another form of the stored bytes.
    package var mayNeedConversion: Bool

    /// Octets that a client sees: delivery header and stored bytes.
    package var size: Int { deliveryHeader.count + message.size }

    package init(
        uid: UInt32, message: MessageReference, deliveryHeader: [UInt8], flags: StoredFlags,
        modSequence: UInt64, internalDate: Timestamp, savedDate: Timestamp,
        mayNeedConversion: Bool = false
    ) {
        self.uid = uid
        self.message = message
        self.mayNeedConversion = mayNeedConversion
        self.deliveryHeader = deliveryHeader
        self.flags = flags
        self.modSequence = modSequence
        self.internalDate = internalDate
        self.savedDate = savedDate
    }
}

/// A mailbox and all its messages in the order of their UIDs, one snapshot.
package struct MailboxListing: Sendable {
    package var status: MailboxStatus
    package var messages: [MailboxMessage]

    package init(status: MailboxStatus, messages: [MailboxMessage]) {
        self.status = status
        self.messages = messages
    }
}

/// The same without the messages' particulars: three columns of equal length, by UID.
package struct MailboxContents: Sendable {
    package var status: MailboxStatus
    package var uids: [UInt32]
    package var flags: [StoredFlags]
    package var modSequences: [UInt64]

    package init(
        status: MailboxStatus, uids: [UInt32], flags: [StoredFlags], modSequences: [UInt64]
    ) {
        self.status = status
        self.uids = uids
        self.flags = flags
        self.modSequences = modSequences
    }
}

/// A message to append.
package struct AppendedMessage: Sendable {
    package var draft: MessageDraft
    package var flags: MessageFlags
    package var keywords: [String]
    package var internalDate: Timestamp

    package init(
        draft: MessageDraft, flags: MessageFlags, keywords: [String], internalDate: Timestamp
    ) {
        self.draft = draft
        self.flags = flags
        self.keywords = keywords
        self.internalDate = internalDate
    }
}

/// RFC 4315's APPENDUID.
package struct AppendResult: Sendable {
    package var uidValidity: UInt32
    /// In the order of the messages, ascending.
    package var uids: [UInt32]

    package init(uidValidity: UInt32, uids: [UInt32]) {
        self.uidValidity = uidValidity
        self.uids = uids
    }
}

/// RFC 4315's COPYUID: `sources[n]` became `copies[n]`.
package struct CopyResult: Sendable {
    package var uidValidity: UInt32
    package var sources: [UInt32]
    package var copies: [UInt32]

    package init(uidValidity: UInt32, sources: [UInt32], copies: [UInt32]) {
        self.uidValidity = uidValidity
        self.sources = sources
        self.copies = copies
    }
}

package struct FlagChange: Sendable {
    package enum Operation: Sendable { case replace, add, remove }

    package var operation: Operation
    package var system: MessageFlags
    package var keywords: [String]
    package var unchangedSince: UInt64?

    package init(
        operation: Operation, system: MessageFlags, keywords: [String],
        unchangedSince: UInt64? = nil
    ) {
        self.operation = operation
        self.system = system
        self.keywords = keywords
        self.unchangedSince = unchangedSince
    }
}

package struct StoreResult: Sendable {
    /// The messages as they are now, changed or not, but for those that failed. Ascending.
    package var messages: [FlaggedMessage]
    /// RFC 7162's MODIFIED: UIDs that `unchangedSince` excluded.
    package var modified: [UInt32]

    package init(messages: [FlaggedMessage], modified: [UInt32]) {
        self.messages = messages
        self.modified = modified
    }
}
