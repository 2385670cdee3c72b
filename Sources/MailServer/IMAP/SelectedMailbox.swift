internal import IMAP
internal import MailModel
internal import MailboxStore

/// The mailbox that a session has selected.
final class SelectedMailbox {
    /// As the user names it: another user's mailbox stands below "Other Users".
    let name: String
    let live: LiveMailbox
    let isReadOnly: Bool
    /// What the user may do with it, by the access list as it was after so many changes; nil: before
    /// the mailbox was opened.
    var rights: ACLRights
    var accessChanges: Int?
    var view: MailboxView
    /// What is \Recent in this session (RFC 3501 section 2.3.2).
    private(set) var recent = UIDSet()
    /// New messages that this session has made, until they are told.
    var ownMessages = UIDSet()
    /// "$" (RFC 5182): UIDs.
    var savedResult = UIDSet()
    /// Searches that are kept up to date (RFC 5267).
    var contexts = SearchContexts()
    var toldKeywords = ToldKeywords()
    private var keywordSetCount = 0
    /// Held while changes are to wake the connection: during IDLE, and with NOTIFY.
    var attachment: MailboxAttachment?

    init(
        _ live: LiveMailbox, name: String, isReadOnly: Bool, rights: ACLRights
    ) {
        self.live = live
        self.name = name
        self.isReadOnly = isReadOnly
        self.rights = rights
        view = MailboxView(live)
        if isReadOnly {
            // EXAMINE takes \Recent from nobody (RFC 3501 section 6.3.2).
            let from = live.recentFrom
            if from < view.uidNext { recent = UIDSet([from...view.uidNext - 1]) }
        } else {
            recent = live.takeRecent(before: view.uidNext)
        }
    }

    /// The client is told of new messages.
    func noteNew(from known: UInt32) {
        guard known < view.uidNext else { return }
        let new = isReadOnly ? UIDSet([known...view.uidNext - 1]) : live.takeRecent(before: view.uidNext)
        recent = UIDSet(recent.ranges + new.ranges)
    }

    var recentCount: Int { view.uids(in: recent).count }

    /// Sets of keywords in the mailbox, when there are more than at the last call.
    func newKeywordSets() -> Set<UInt32> {
        let known = keywordSetCount
        let sets = live.withState { $0.keywordSets.count == known ? [] : $0.keywordSets }
        if !sets.isEmpty { keywordSetCount = sets.count }
        return sets
    }
}
