internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// DELETE (RFC 9051 section 6.3.5). Mailboxes below stay; the name is then theirs alone.
extension IMAPSession {
    func delete(_ asked: String) async throws(CommandFailure) -> Completion {
        let name = MailboxName.canonical(asked)
        let mailbox: ResolvedMailbox
        do throws(CommandFailure) {
            mailbox = try await self.mailbox(named: name, needing: .deleteMailbox)
        } catch {
            try await checkInferiors(of: name)
            throw error
        }
        guard mailbox.status.name != MailboxName.inbox else {
            throw .no("INBOX can't be deleted", code: "CANNOT")
        }
        let storage = service.mailboxes.storage
        try await changed { () async throws(MailboxError) in
            try await storage.deleteMailbox(mailbox.id, of: mailbox.owner)
        }
        if let selected, selected.live.id == mailbox.id {
            deselect()
            output.writeUntagged(.ok, code: "CLOSED", "The mailbox is deleted")
        }
        // RFC 9051 section 6.3.5.
        await writeName(
            mailbox.name, isOwn: mailbox.isOwn, oldName: oldName(asked, now: mailbox.name))
        return .ok("DELETE completed")
    }

    /// A name that is there only for those below it can't be deleted without them.
    private func checkInferiors(of name: String) async throws(CommandFailure) {
        guard case .own(let name) = MailboxPlace(name) else { return }
        let all = try await ownMailboxes()
        guard !all.contains(where: { $0.name == name }),
            all.contains(where: { MailboxName.isInferior($0.name, of: name) })
        else { return }
        throw .no("There are mailboxes below it", code: "HASCHILDREN")
    }
}
