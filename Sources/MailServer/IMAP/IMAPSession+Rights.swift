internal import Directory
internal import IMAP
internal import MailModel
internal import MailboxStore

/// Another user's mailbox while it is selected (RFC 4314).
extension IMAPSession {
    /// Rights that were given or taken since hold from the next command on; a mailbox that may not be
    /// read any more is left, and the session with it, as with one that was deleted.
    ///
    /// - Throws: [NOPERM] then; [UNAVAILABLE] while the directory can't tell the user's groups.
    func renewRights() async throws(CommandFailure) {
        guard let selected, selected.live.account != user?.account.id else { return }
        let changes = selected.live.withState { $0.accessChanges }
        guard changes != selected.accessChanges else { return }
        selected.rights = try await rights(on: selected.live.id)
        selected.accessChanges = changes
        guard !selected.rights.contains(.read) else { return }
        deselect()
        sayBye(.refused, "Selected mailbox is no longer open to you, have to disconnect")
        throw .notPermitted
    }
}
