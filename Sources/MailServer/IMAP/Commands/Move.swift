internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// MOVE and UID MOVE (RFC 6851): wholly or not at all.
extension IMAPSession {
    func move(_ command: CopyCommand) async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        let uids = try resolve(command.messages, isUID: command.isUID)
        guard !selected.isReadOnly else { throw .no("Mailbox is read-only") }
        guard selected.rights.isSuperset(of: [.deleteMessages, .expunge]) else {
            throw .no("Not permitted", code: "NOPERM")
        }
        let target = try await targetMailbox(named: command.mailbox)
        guard !uids.isEmpty else { return .ok("No messages moved") }
        let result: CopyResult
        do throws(MailboxError) {
            result = try await service.mailboxes.storage.move(
                uids, from: (selected.live.id, selected.live.account),
                to: (target.id, target.owner), quota: target.quota,
                keeping: target.rights.keptFlags)
        } catch { throw refusal(error) }
        guard !result.sources.isEmpty else {
            return command.isUID
                ? .ok("No messages moved")
                : .no("The messages are expunged already", code: "EXPUNGEISSUED")
        }
        noteOwn(result.copies, in: target.id)
        // RFC 6851 section 4.3: the new UIDs before the expunges.
        if let code = result.copyCode(for: target) { output.writeUntagged(.ok, code: code, "Moved") }
        try await announce(expunged: result.sources)
        // RFC 6851 section 4.4, of every client: with or without QRESYNC.
        return .ok("MOVE completed", code: toldModSequence)
    }
}
