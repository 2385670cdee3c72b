internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// COPY and UID COPY (RFC 9051 section 6.4.7).
extension IMAPSession {
    func copy(_ command: CopyCommand) async throws(CommandFailure) -> Completion {
        let selected = try selectedMailbox()
        let uids = try resolve(command.messages, isUID: command.isUID)
        let target = try await targetMailbox(named: command.mailbox)
        guard !uids.isEmpty else { return .ok("No messages copied") }
        do throws(MailboxError) {
            let result = try await service.mailboxes.storage.copy(
                uids, from: selected.live.id, to: target.id, account: target.owner,
                quota: target.quota, keeping: target.rights.keptFlags)
            guard !result.sources.isEmpty else {
                return command.isUID
                    ? .ok("No messages copied")
                    : .no("The messages are expunged already", code: "EXPUNGEISSUED")
            }
            noteOwn(result.copies, in: target.id)
            return .ok("COPY completed", code: result.copyCode(for: target))
        } catch { throw refusal(error) }
    }

    /// Where messages are to go. RFC 9051 section 6.4.7: [TRYCREATE] where CREATE may help.
    func targetMailbox(named name: String) async throws(CommandFailure) -> ResolvedMailbox {
        do throws(CommandFailure) {
            return try await mailbox(named: name, needing: .insert)
        } catch {
            guard case .refused(var completion) = error, completion.code == "NONEXISTENT" else {
                throw error
            }
            completion.code = "TRYCREATE"
            throw .refused(completion)
        }
    }
}

extension CopyResult {
    /// RFC 4315 section 3. UIDs of both ascend, so that the sets pair them. Section 5: nothing is told
    /// of a mailbox that the user may not select.
    func copyCode(for target: ResolvedMailbox) -> String? {
        guard target.rights.contains(.read) else { return nil }
        return "COPYUID \(uidValidity) \(UIDSet(ascending: sources).imapText) "
            + UIDSet(ascending: copies).imapText
    }
}
