internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

extension IMAPSession {
    /// CLOSE (RFC 9051 section 6.4.1): expunges without telling. Messages that this session has not
    /// been told of stay.
    func close() async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        if !selected.isReadOnly, selected.rights.contains(.expunge) {
            let known = selected.view.uidNext
            let deleted = selected.live.withState { state in
                state.uids.indices
                    .filter { state.flags[$0].system.contains(.deleted) && state.uids[$0] < known }
                    .map { state.uids[$0] }
            }
            if !deleted.isEmpty {
                do throws(MailboxError) {
                    try await service.mailboxes.storage.expunge(
                        deleted, onlyDeleted: true, from: selected.live.id,
                        account: selected.live.account)
                } catch {
                    throw refusal(error)
                }
            }
        }
        deselect()
        return .ok("CLOSE completed")
    }

    /// RFC 9051 section 6.4.2.
    func unselect() -> Completion {
        deselect()
        return .ok("UNSELECT completed")
    }

    /// Leaves the selected mailbox; the client is told by whoever calls.
    func deselect() { selected = nil }
}
