internal import IMAP
internal import MailboxStore

/// REPLACE and UID REPLACE (RFC 8508): APPEND, and a message of the selected mailbox goes.
extension IMAPSession {
    func replacedMessage(_ set: SequenceSet, isUID: Bool) throws(CommandFailure)
        -> (mailbox: LiveMailbox, uid: UInt32)
    {
        let selected = try selectedMailbox()
        let uids = try resolve(set, isUID: isUID)
        guard uids.count == 1 else { throw .no("No such message") }
        guard !selected.isReadOnly else { throw .no("Mailbox is read-only") }
        guard selected.rights.isSuperset(of: [.deleteMessages, .expunge]) else {
            throw .no("Not permitted", code: "NOPERM")
        }
        return (selected.live, uids[0])
    }
}
