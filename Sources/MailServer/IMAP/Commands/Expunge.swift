internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// EXPUNGE and UID EXPUNGE (RFC 9051 sections 6.4.3, 6.4.9, RFC 4315).
extension IMAPSession {
    /// Removes the messages with \Deleted, of those that the client has been told of.
    /// - Parameter set: UIDs; nil: all.
    func expunge(_ set: SequenceSet?) async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        let named = try set.map { set throws(CommandFailure) in try resolve(set, isUID: true) }
        guard !selected.isReadOnly else { throw .no("Mailbox is read-only") }
        guard selected.rights.contains(.expunge) else {
            throw .no("Not permitted", code: "NOPERM")
        }
        let gone = try await removeDeleted(named, from: selected)
        try await announce(expunged: gone)
        // RFC 7162 sections 3.2.7 and 3.2.9: with QRESYNC, and when any went.
        return .ok(
            "EXPUNGE completed",
            code: !gone.isEmpty && enabled.contains(.qresync) ? toldModSequence : nil)
    }

    /// The response code that tells how far what the client has been told is complete.
    var toldModSequence: String? {
        selected.map { "HIGHESTMODSEQ \($0.view.modSequence)" }
    }

    /// - Parameter uids: nil: all that the session knows of.
    /// - Returns: those that went. CLOSE does not tell which.
    @discardableResult
    func removeDeleted(_ uids: [UInt32]?, from selected: SelectedMailbox)
        async throws(CommandFailure) -> [UInt32]
    {
        let end = selected.view.uidNext
        let deleted = selected.live.withState { state in
            if let uids {
                return uids.filter { uid in
                    state.index(of: uid).map { state.flags[$0].system.contains(.deleted) } ?? false
                }
            }
            return state.uids.indices.filter {
                state.flags[$0].system.contains(.deleted) && state.uids[$0] < end
            }.map { state.uids[$0] }
        }
        guard !deleted.isEmpty else { return [] }
        do throws(MailboxError) {
            return try await service.mailboxes.storage.expunge(
                deleted, onlyDeleted: true, from: selected.live.id, account: selected.live.account)
        } catch { throw refusal(error) }
    }
}
