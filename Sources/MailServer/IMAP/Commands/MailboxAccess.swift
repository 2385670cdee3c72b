internal import IMAP
internal import MailModel
internal import Storage

/// A mailbox that the user may use, and how.
struct ResolvedMailbox {
    /// As the user calls it: "Other Users/bob/Projects" for another's.
    var name: String
    var status: MailboxStatus
    /// What the user may do with it; everything with an own one.
    var rights: ACLRights
    /// The owner's, which decides what may be added.
    var quota: Quota

    var id: Int64 { status.id }
    /// Whose it is.
    var owner: AccountID { status.account }
}

extension IMAPSession {
    /// The mailbox of this name, the user's own or another's who lets the user have all of `rights`.
    ///
    /// - Throws: [NONEXISTENT] for one that does not exist or that the user may not look up, so that
    ///   the two can't be told apart; [NOPERM] when other rights are missing.
    func mailbox(named name: String, needing rights: ACLRights = [])
        async throws(CommandFailure) -> ResolvedMailbox
    {
        throw .no("Not available")
    }
}
