import MailModel
import NIOCore
import Storage

/// What POP3 never asks for.
extension FakeMailboxes {
    private static let unused = MailError.localProblem("POP3 asks for no such thing")

    func mailboxes(of account: AccountID) async throws(MailError) -> [MailboxStatus] {
        throw Self.unused
    }

    func setRecent(from uid: UInt32, in mailbox: Int64, account: AccountID) {}

    func countMessages(from uid: UInt32, in mailbox: Int64) async throws(MailError) -> Int {
        throw Self.unused
    }

    func mailbox(_ id: Int64) async throws(MailError) -> MailboxStatus? { throw Self.unused }

    func mailbox(named name: String, of account: AccountID) async throws(MailError)
        -> MailboxStatus?
    { throw Self.unused }

    func createMailboxes(_ mailboxes: [NewMailbox], of account: AccountID)
        async throws(MailboxError) -> [MailboxStatus]
    { throw .unavailable(Self.unused) }

    func makeDefaultMailboxes(_ defaults: [NewMailbox], mark: String, of account: AccountID)
        async throws(MailError)
    { throw Self.unused }

    func renameMailbox(_ name: String, to newName: String, of account: AccountID)
        async throws(MailboxError)
    { throw .unavailable(Self.unused) }

    func deleteMailbox(_ id: Int64, of account: AccountID) async throws(MailboxError) {
        throw .unavailable(Self.unused)
    }

    func setSpecialUses(_ uses: Set<SpecialUse>, of mailbox: Int64, account: AccountID)
        async throws(MailboxError)
    { throw .unavailable(Self.unused) }

    func subscriptions(of account: AccountID) async throws(MailError) -> Set<String> {
        throw Self.unused
    }

    func setSubscribed(_ subscribed: Bool, _ name: String, of account: AccountID)
        async throws(MailboxError)
    { throw .unavailable(Self.unused) }

    func accessList(of mailbox: Int64) async throws(MailError) -> [String: String] {
        throw Self.unused
    }

    func setAccess(
        _ rights: String, of identifier: String, to mailbox: Int64, account: AccountID
    ) async throws(MailboxError) { throw .unavailable(Self.unused) }

    func mailboxesShared(with identifiers: [String]) async throws(MailError)
        -> [(account: AccountID, mailbox: MailboxStatus)]
    { throw Self.unused }

    func annotations(of mailbox: Int64, account: AccountID) async throws(MailError)
        -> [String: [UInt8]]
    { throw Self.unused }

    func setAnnotations(
        _ entries: [String: [UInt8]?], of mailbox: Int64, account: AccountID
    ) async throws(MailboxError) { throw .unavailable(Self.unused) }

    func contents(of mailbox: Int64) async throws(MailError) -> MailboxContents? {
        throw Self.unused
    }

    func messages(_ uids: UIDSet, in mailbox: Int64, limit: Int) async throws(MailError)
        -> [MailboxMessage]
    { throw Self.unused }

    func makeDraft(sizeHint: Int?) throws(MailError) -> MessageDraft { throw Self.unused }

    func append(
        _ messages: [AppendedMessage], to mailbox: Int64, account: AccountID, quota: Quota,
        replacing: (mailbox: Int64, account: AccountID, uid: UInt32)?
    ) async throws(MailboxError) -> AppendResult { throw .unavailable(Self.unused) }

    func copy(
        _ uids: [UInt32], from source: Int64, to target: Int64, account: AccountID, quota: Quota,
        keeping flags: KeptFlags
    ) async throws(MailboxError) -> CopyResult { throw .unavailable(Self.unused) }

    func move(
        _ uids: [UInt32], from source: (mailbox: Int64, account: AccountID),
        to target: (mailbox: Int64, account: AccountID), quota: Quota, keeping flags: KeptFlags
    ) async throws(MailboxError) -> CopyResult { throw .unavailable(Self.unused) }

    func store(
        _ change: FlagChange, uids: [UInt32], in mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> StoreResult { throw .unavailable(Self.unused) }

    func vanished(since modSequence: UInt64, in mailbox: Int64) async throws(MailError) -> UIDSet {
        throw Self.unused
    }

    /// Empty, and known to nobody.
    var keywords: KeywordTable { KeywordTable() }

    /// Nothing is announced.
    func setObserver(_ observer: @escaping @Sendable ([MailboxChange]) -> Void) {}
}
