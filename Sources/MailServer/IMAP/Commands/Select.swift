internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// SELECT and EXAMINE (RFC 9051 sections 6.3.2 and 6.3.3).
extension IMAPSession {
    func select(_ command: SelectCommand) async throws(CommandFailure) -> Completion {
        if command.resynchronize != nil, !enabled.contains(.qresync) {
            throw .bad("ENABLE QRESYNC first")
        }
        if command.resynchronize?.sequenceMatch != nil, enabled.contains(.uidOnly) {
            // RFC 9586 section 3.7.
            throw .bad("Only UIDs are possible", code: "UIDREQUIRED")
        }
        // Whatever becomes of this command, the mailbox before it is left.
        if selected != nil {
            deselect()
            output.writeUntagged(.ok, code: "CLOSED", "Previous mailbox is closed")
        }
        if command.condstore || command.resynchronize != nil { enabled.insert(.condstore) }
        let mailbox = try await mailbox(named: command.mailbox, needing: .read)
        let live: LiveMailbox
        do throws(MailboxError) {
            live = try await service.mailboxes.open(mailbox.id)
        } catch {
            throw refusal(error)
        }
        let isReadOnly = command.isReadOnly || mailbox.rights.isDisjoint(with: .changing)
        let selected = SelectedMailbox(
            live, name: mailbox.name, isReadOnly: isReadOnly, rights: mailbox.rights)
        let attributes = enabled.contains(.rev2) ? try await attributes(of: mailbox.name, isOwn: mailbox.isOwn) : []
        self.selected = selected
        writeState(of: selected)
        if enabled.contains(.rev2) {
            writeName(
                mailbox.name, attributes, specialUses: mailbox.isOwn ? mailbox.status.specialUses : [],
                oldName: oldName(command.mailbox, now: mailbox.name))
        }
        if let known = command.resynchronize { try await resynchronize(known, selected) }
        updateAttachment()
        return isReadOnly
            ? .ok("EXAMINE completed", code: "READ-ONLY")
            : .ok("SELECT completed", code: "READ-WRITE")
    }

    private func writeState(of selected: SelectedMailbox) {
        introduceKeywords(selected.newKeywordSets(), always: true)
        let view = selected.view
        output.writeStaticString("* ")
        output.writeIMAPNumber(view.count)
        output.writeStaticString(" EXISTS\r\n")
        if !enabled.contains(.rev2) {
            writeRecentCount(selected)
            if !enabled.contains(.uidOnly), let number = firstUnseen(selected) {
                output.writeUntagged(.ok, code: "UNSEEN \(number)", "First unseen message")
            }
        }
        output.writeUntagged(.ok, code: "UIDVALIDITY \(selected.live.uidValidity)", "UIDs are valid")
        output.writeUntagged(.ok, code: "UIDNEXT \(view.uidNext)", "Predicted next UID")
        output.writeUntagged(.ok, code: "HIGHESTMODSEQ \(view.modSequence)", "Highest mod-sequence")
        output.writeUntagged(
            .ok, code: "MAILBOXID (\(mailboxObjectID(selected.live.id)))", "Identifier of the mailbox")
    }

    /// RFC 8474 section 4.
    func mailboxObjectID(_ id: Int64) -> String { "m\(id)" }

    private func firstUnseen(_ selected: SelectedMailbox) -> Int? {
        let uid: UInt32? = selected.live.withState { state in
            state.flags.firstIndex { !$0.system.contains(.seen) }.map { state.uids[$0] }
        }
        return uid.flatMap { selected.view.sequenceNumber(of: $0) }
    }

    // MARK: QRESYNC

    /// What has happened since the client was here (RFC 7162 section 3.2.5).
    private func resynchronize(_ known: QuickResync, _ selected: SelectedMailbox)
        async throws(CommandFailure)
    {
        let view = selected.view
        guard known.uidValidity == selected.live.uidValidity, view.uidNext > 1 else { return }
        let all = UIDSet([1...view.uidNext - 1])
        let uids = known.knownUIDs?.intersection(all) ?? all
        var gone: UIDSet
        do throws(MailError) {
            gone = try await service.mailboxes.storage.vanished(
                since: known.modSequence, in: selected.live.id)
        } catch {
            // Nothing is selected after a failure.
            deselect()
            throw refusal(error)
        }
        gone = gone.intersection(uids).subtracting(ascending: view.uids)
        if let match = known.sequenceMatch, let last = matchingUID(match, view),
            last < UInt32.max
        {
            gone = gone.intersection(UIDSet([last + 1...UInt32.max]))
        }
        if !gone.isEmpty {
            output.writeStaticString("* VANISHED (EARLIER) ")
            output.writeUIDSet(gone)
            output.writeStaticString("\r\n")
        }
        let changed: [FlaggedMessage] = selected.live.withState { state in
            guard state.highestModSequence > known.modSequence else { return [] }
            var changed: [FlaggedMessage] = []
            for index in state.uids.indices
            where state.modSequences[index] > known.modSequence
                && uids.contains(state.uids[index])
            {
                changed.append(
                    FlaggedMessage(
                        uid: state.uids[index], flags: state.flags[index],
                        modSequence: state.modSequences[index]))
            }
            return changed
        }
        try await writeFlagUpdates(changed, withUID: true)
    }

    /// The largest UID that has the sequence number which the client remembers of it: nothing up to
    /// it has gone (RFC 7162 section 3.2.5.2).
    private func matchingUID(_ match: (sequence: UIDSet, uids: UIDSet), _ view: MailboxView)
        -> UInt32?
    {
        var last: UInt32?
        for (number, uid) in zip(match.sequence.numbers, match.uids.numbers) {
            guard view.uid(at: Int(number)) == uid else { break }
            last = uid
        }
        return last
    }
}

extension ACLRights {
    /// With any of them a mailbox is not read-only (RFC 4314 section 5.2).
    fileprivate static let changing: ACLRights = [
        .seen, .write, .insert, .deleteMessages, .expunge,
    ]
}
