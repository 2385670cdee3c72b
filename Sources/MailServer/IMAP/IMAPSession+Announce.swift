internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage
internal import Transport

/// Telling the client what has changed in its mailbox (RFC 9051 section 7.5.1, RFC 7162).
extension IMAPSession {
    /// The client has asked not to hear of changes in the selected mailbox (RFC 5465 section 3.1): it
    /// stays as it was then, as "a snapshot" (section 5), so that numbers keep their meaning.
    var isFrozen: Bool { notification?.selectedEvents.isWatched == false }

    /// - Parameters:
    ///   - allowExpunge: false where sequence numbers must stay.
    ///   - all: what the client has asked for with NOTIFY does not matter.
    func announce(allowExpunge: Bool, all: Bool = false) async throws(CommandFailure) {
        do throws(CommandFailure) {
            try await renewRights()
        } catch {
            // The client was told of it.
            if selected == nil { return }
            throw error
        }
        guard let selected else { return }
        guard all || !isFrozen else {
            if selected.live.withState({ $0.isDeleted }) { sayDeleted() }
            return
        }
        let known = selected.view.uidNext
        let updates = selected.view.synchronize(allowExpunge: allowExpunge)
        introduceKeywords(selected.newKeywordSets())
        guard let updates else { return try await updateContexts() }
        if updates.isDeleted { return sayDeleted() }
        updateContexts(before: updates.expunged)
        try await writeExpunged(updates.expunged)
        if let count = updates.exists {
            output.writeStaticString("* ")
            output.writeIMAPNumber(count)
            output.writeStaticString(" EXISTS\r\n")
            selected.noteNew(from: known)
            if !enabled.contains(.rev2) { writeRecentCount(selected) }
        }
        if all || notification?.selectedEvents.tellsFlags != false {
            // RFC 9051 section 7.5.2: what was not asked for names the UID. RFC 5465 section 5.1:
            // FlagChange does.
            let namesUID = enabled.contains(.rev2) || notification?.selectedEvents.tellsFlags == true
            try await writeFlagUpdates(updates.flagged, withUID: namesUID)
        }
        try await updateContexts(newFrom: updates.exists == nil ? nil : known)
    }

    /// Replies to a command that has expunged these messages, which names them in any case.
    func announce(expunged uids: [UInt32]) async throws(CommandFailure) {
        guard isFrozen, let selected else { return try await announce(allowExpunge: true) }
        let expunged = selected.view.remove(uids)
        updateContexts(before: expunged)
        try await writeExpunged(expunged)
    }

    private func sayDeleted() {
        sayBye(.refused, "Selected mailbox was deleted, have to disconnect")
    }

    /// RFC 3501 section 7.3.2.
    func writeRecentCount(_ selected: SelectedMailbox) {
        output.writeStaticString("* ")
        output.writeIMAPNumber(selected.recentCount)
        output.writeStaticString(" RECENT\r\n")
    }

    /// What FLAGS shows as \Recent: nothing to a client of IMAP4rev2.
    var shownRecent: UIDSet {
        enabled.contains(.rev2) ? UIDSet() : selected?.recent ?? UIDSet()
    }

    private func writeExpunged(_ expunged: [ViewUpdates.Expunged]) async throws(CommandFailure) {
        guard !expunged.isEmpty else { return }
        // RFC 7162 section 3.2.10, RFC 9586 section 3.
        if !enabled.isDisjoint(with: [.qresync, .uidOnly]) {
            output.writeStaticString("* VANISHED ")
            output.writeUIDSet(UIDSet(ascending: expunged.reversed().lazy.map(\.uid)))
            output.writeStaticString("\r\n")
            return
        }
        for message in expunged {
            output.writeStaticString("* ")
            output.writeIMAPNumber(message.sequenceNumber)
            output.writeStaticString(" EXPUNGE\r\n")
            try await breathe()
        }
    }

    /// RFC 7162 section 3.2: a client that has seen mod-sequences above those of expunges which wait
    /// would never hear of these after a lost connection.
    func tellHeldBack() {
        guard enabled.contains(.qresync), let selected else { return }
        let view = selected.view
        let newest = isFrozen ? selected.live.withState { $0.highestModSequence } : view.modSequence
        guard view.completeModSequence < newest else { return }
        output.writeUntagged(
            .ok, code: "HIGHESTMODSEQ \(view.completeModSequence)", "Not all changes have been told")
    }

    /// RFC 7162 section 3.1: from the first command that needs it on, FETCH responses carry MODSEQ.
    func enableCondstore() {
        guard enabled.insert(.condstore).inserted, let selected else { return }
        output.writeUntagged(
            .ok, code: "HIGHESTMODSEQ \(selected.view.modSequence)", "Highest mod-sequence")
    }

    // MARK: Between commands

    /// Something has woken the connection: a change, or news of the account.
    func attend() async throws(ConnectionError) {
        attendToAccount()
        guard ending == nil else { return }
        do throws(CommandFailure) {
            if let notification {
                try await notify(of: notification)
            } else if idling != nil {
                try await announce(allowExpunge: true)
            }
        } catch {
            if case .connection(let error) = error { throw error }
            // What was to be told is lost.
            if notification != nil, ending == nil { endNotifications() }
        }
    }

    /// Whether changes of the selected mailbox are told without being asked for.
    func updateAttachment() {
        guard let selected else { return }
        let isWanted =
            notification.map(\.selectedEvents.isWatched)
            ?? (idling != nil)
        guard isWanted else {
            selected.attachment = nil
            return
        }
        if selected.attachment == nil {
            selected.attachment = selected.live.attach { [connection] in connection.wake() }
        }
    }
}
