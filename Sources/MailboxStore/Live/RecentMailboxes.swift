/// Mailboxes that were opened last stay in memory though nobody uses them: clients come again.
/// Bounded in mailboxes and in messages.
struct RecentMailboxes {
    private static let maximumMailboxes = 256
    /// 20 octets each.
    private static let maximumMessages = 400_000

    /// The latest last.
    private var mailboxes: [LiveMailbox] = []

    /// - Returns: what is let go; to be released outside of any lock.
    mutating func insert(_ mailbox: LiveMailbox) -> [LiveMailbox] {
        mailboxes.append(mailbox)
        var messages = 0
        var kept = 0
        for mailbox in mailboxes.reversed() {
            messages += mailbox.messageCount
            guard kept < Self.maximumMailboxes, messages <= Self.maximumMessages else { break }
            kept += 1
        }
        let dropped = Array(mailboxes.prefix(mailboxes.count - kept))
        mailboxes.removeFirst(dropped.count)
        return dropped
    }

    mutating func remove(_ id: Int64) -> LiveMailbox? {
        guard let index = mailboxes.firstIndex(where: { $0.id == id }) else { return nil }
        return mailboxes.remove(at: index)
    }
}
