package import MailModel

/// A message's recipients whom it reached as soon as it was accepted, without the queue.
package struct DirectDelivery: Sendable {
    package var id: QueueID
    package var recipients: [RoutedRecipient]

    package init(id: QueueID, recipients: [RoutedRecipient]) {
        self.id = id
        self.recipients = recipients
    }
}

/// What a transaction leads to once it is durable.
struct CommitEffects {
    private(set) var changes: [MailboxChange] = []
    /// Whose changes they are from here on.
    var origin: UInt64?
    /// Where in `changes` a mailbox's last `appended` is, so that further ones extend it.
    private var appended: [Int64: Int] = [:]
    /// Mailboxes whose counters have changed.
    var statuses: [MailboxStatus] = []
    var recentMarks: [Int64: RecentMarks.Mark] = [:]
    var directDeliveries: [DirectDelivery] = []
    /// Entries for the queue manager.
    var pending: [QueueEntry] = []
    /// Messages that were in transit and have rows now.
    var enqueued: [(id: QueueID, at: MessageLocation)] = []
    /// Stored messages that nobody refers to any more, and those of them with a file of their own.
    var removed: [QueueID] = []
    var removedFiles: [QueueID] = []
    /// Mailboxes are gone whose messages are still to be removed.
    var leavesMessages = false
    /// Segments that nobody refers to any more; the index has forgotten them.
    var deadSegments: [UInt64] = []
    /// Segments worth compacting.
    var sparseSegments: [UInt64] = []
    var moved: [(id: QueueID, to: MessageLocation)] = []
    var idCeiling: UInt64?
    /// What of the log the index has now; nil: as before.
    var checkpoint: LogPosition?
    var replies: [() -> Void] = []

    mutating func append(_ message: FlaggedMessage, to mailbox: Int64, of account: AccountID) {
        append(CollectionOfOne(message), to: mailbox, of: account)
    }

    mutating func append(
        _ new: some Collection<FlaggedMessage>, to mailbox: Int64, of account: AccountID
    ) {
        if let index = appended[mailbox], changes[index].origin == origin,
            case .appended(var messages) = changes[index].kind
        {
            // Gives up the other reference, so that the array is not copied.
            changes[index].kind = .appended([])
            messages.append(contentsOf: new)
            changes[index].kind = .appended(messages)
        } else {
            appended[mailbox] = changes.count
            changes.append(
                MailboxChange(
                    mailbox: mailbox, account: account, kind: .appended(Array(new)), origin: origin))
        }
    }

    mutating func add(_ kind: MailboxChange.Kind, _ mailbox: Int64, _ account: AccountID) {
        appended[mailbox] = nil
        changes.append(
            MailboxChange(mailbox: mailbox, account: account, kind: kind, origin: origin))
    }

    /// The changes for the observer, in order.
    func announcement() -> [MailboxChange] {
        guard !removed.isEmpty else { return changes }
        let nobody = AccountID(high: 0, low: 0)
        return changes + [MailboxChange(mailbox: 0, account: nobody, kind: .removed(removed))]
    }
}
