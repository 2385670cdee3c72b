import MailModel

/// What a transaction leads to once it is durable.
struct CommitEffects {
    private(set) var changes: [MailboxChange] = []
    /// Where in `changes` a mailbox's last `appended` is, so that further ones extend it.
    private var appended: [Int64: Int] = [:]
    /// Entries for the queue manager.
    var pending: [QueueEntry] = []
    /// Large messages that nobody refers to any more.
    var removedFiles: [QueueID] = []
    /// Segments that nobody refers to any more; the index has forgotten them.
    var deadSegments: [UInt64] = []
    /// Segments worth compacting.
    var sparseSegments: [UInt64] = []
    var moved: [(id: QueueID, to: MessageLocation)] = []
    var idCeiling: UInt64?
    var replies: [() -> Void] = []

    mutating func append(uid: UInt32, mailbox: Int64, account: AccountID) {
        if let index = appended[mailbox], case .appended(_, _, let first, _) = changes[index] {
            changes[index] = .appended(
                mailbox: mailbox, account: account, firstUID: first, lastUID: uid)
        } else {
            appended[mailbox] = changes.count
            changes.append(
                .appended(mailbox: mailbox, account: account, firstUID: uid, lastUID: uid))
        }
    }

    mutating func expunge(
        _ uids: [UInt32], mailbox: Int64, account: AccountID, modSequence: UInt64
    ) {
        appended[mailbox] = nil
        changes.append(
            .expunged(mailbox: mailbox, account: account, uids: uids, modSequence: modSequence))
    }
}
