internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// RENAME (RFC 9051 section 6.3.6). All below goes with it; renaming INBOX moves its messages.
extension IMAPSession {
    func rename(_ name: String, _ newName: String) async throws(CommandFailure) -> Completion {
        let mailbox = try await mailbox(named: name, needing: .deleteMailbox)
        let target = newName.utf8.last == UInt8(ascii: "/") ? String(newName.dropLast()) : newName
        let place = try await newPlace(MailboxName.canonical(target))
        guard place.account == mailbox.owner else {
            throw .no("A mailbox stays with its owner", code: "CANNOT")
        }
        let isInbox = mailbox.status.name == MailboxName.inbox
        guard place.name != mailbox.status.name, place.name != MailboxName.inbox else {
            throw .no("Mailbox exists already", code: "ALREADYEXISTS")
        }
        guard mailbox.isOwn || !isInbox else { throw .notPermitted }
        if !isInbox {
            guard !MailboxName.isInferior(place.name, of: mailbox.status.name) else {
                throw .no("A mailbox can't be moved below itself", code: "CANNOT")
            }
            try await checkInferiors(of: mailbox, becoming: place.name)
        }
        let storage = service.mailboxes.storage
        try await changed { () async throws(MailboxError) in
            try await storage.renameMailbox(
                mailbox.status.name, to: place.name, of: mailbox.owner)
        }
        // RFC 9051 section 6.3.6.
        let isNormalized =
            oldName(name, now: mailbox.name) != nil || oldName(target, now: place.shownName) != nil
        await writeName(
            place.shownName, isOwn: place.isOwn,
            specialUses: mailbox.isOwn && !isInbox ? mailbox.status.specialUses : [],
            oldName: isNormalized ? name : nil)
        return .ok("RENAME completed")
    }

    /// Their new names must be possible, too; another's must all be the user's to move.
    private func checkInferiors(of mailbox: ResolvedMailbox, becoming newName: String)
        async throws(CommandFailure)
    {
        let storage = service.mailboxes.storage
        let old = mailbox.status.name
        let all = try await stored { () async throws(MailError) in
            try await storage.mailboxes(of: mailbox.owner)
        }
        for inferior in all where MailboxName.isInferior(inferior.name, of: old) {
            let rest = String(decoding: inferior.name.utf8.dropFirst(old.utf8.count), as: UTF8.self)
            if let problem = MailboxName.problem(with: newName + rest) {
                throw .no("\(problem) (one below it)", code: "CANNOT")
            }
            if !mailbox.isOwn, try await !rights(on: inferior.id).contains(.deleteMailbox) {
                throw .notPermitted
            }
        }
    }
}
