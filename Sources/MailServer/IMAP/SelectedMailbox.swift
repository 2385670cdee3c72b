internal import MailModel
internal import MailboxStore

/// The mailbox that a session has selected.
final class SelectedMailbox {
    /// As the user names it: another user's mailbox stands below "Other Users".
    let name: String
    let live: LiveMailbox
    let isReadOnly: Bool
    let rights: ACLRights
    var view: MailboxView
    /// "$" (RFC 5182): UIDs.
    var savedResult = UIDSet()
    /// Searches that are kept up to date (RFC 5267).
    var contexts = SearchContexts()
    /// Sets of keywords that the client has been told in a FLAGS response.
    var knownKeywordSets: Set<UInt32> = []
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
    }
}
