internal import IMAP
internal import MailModel
internal import MailboxStore

/// Which messages a command means.
extension IMAPSession {
    /// The selected mailbox; there is one in every command of the selected state.
    func selectedMailbox() throws(CommandFailure) -> SelectedMailbox {
        guard let selected else { throw .bad("No mailbox selected", code: "CLIENTBUG") }
        return selected
    }

    /// UIDs, ascending. UIDs that do not exist are passed over (RFC 9051 section 6.4.9); a sequence
    /// number that does not exist is the client's error.
    func resolve(_ set: SequenceSet, isUID: Bool) throws(CommandFailure) -> [UInt32] {
        let selected = try selectedMailbox()
        let view = selected.view
        guard isUID || !enabled.contains(.uidOnly) else {
            // RFC 9586 section 3.2: of these commands, whatever set they name.
            throw .bad("Only UIDs are possible", code: "UIDREQUIRED")
        }
        if set.isSavedResult { return view.uids(in: selected.savedResult) }
        if isUID { return view.uids(in: set.resolved(largest: view.largestUID)) }
        // RFC 9051 section 9, seq-number: "*" is no number of an empty mailbox.
        guard view.count > 0 || !set.namesLargest,
            let uids = view.uids(atSequenceNumbers: set.resolved(largest: UInt32(view.count)))
        else { throw .bad("No such message") }
        return uids
    }
}
