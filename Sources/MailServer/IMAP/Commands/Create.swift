internal import Directory
internal import IMAP
internal import MailboxStore
internal import MailModel
internal import NIOCore
internal import Storage

/// CREATE (RFC 9051 section 6.3.4, RFC 6154 section 3, RFC 8474 section 4.2).
extension IMAPSession {
    func create(_ name: String, _ uses: [SpecialUse]) async throws(CommandFailure) -> Completion {
        // A trailing separator only says that there will be names below it.
        let asked = name.utf8.last == UInt8(ascii: "/") ? String(name.dropLast()) : name
        let place = try await newPlace(MailboxName.canonical(asked))
        try checkUses(uses, of: place)
        let storage = service.mailboxes.storage
        let status = try await changed { () async throws(MailboxError) in
            try await storage.createMailboxes(
                [NewMailbox(name: place.name, specialUses: Set(uses))], of: place.account)[0]
        }
        if let parent = place.parent { try await inheritAccess(of: parent, status) }
        await writeName(
            place.shownName, isOwn: place.isOwn, specialUses: uses,
            oldName: oldName(asked, now: place.shownName))
        return .ok("CREATE completed", code: "MAILBOXID (\(mailboxObjectID(status.id)))")
    }

    /// Where a mailbox is to be made, or to be renamed to.
    struct NewPlace {
        var account: AccountID
        /// The owner's name for it.
        var name: String
        /// The user's.
        var shownName: String
        /// The nearest mailbox above it.
        var parent: MailboxStatus?
        var isOwn: Bool
    }

    /// - Throws: [CANNOT] for a name that no mailbox can have; [NOPERM] without the right to create
    ///   below another user's mailbox, whether there is one or not (RFC 4314 section 4).
    func newPlace(_ name: String) async throws(CommandFailure) -> NewPlace {
        switch MailboxPlace(name) {
        case .aboveOthers: throw .no("There can be no mailbox of this name", code: "CANNOT")
        case .own(let name):
            try checkName(name)
            let user = try loggedIn()
            return NewPlace(
                account: user.account.id, name: name, shownName: name,
                parent: try await parent(of: name, user.account.id), isOwn: true)
        case .other(let level, let name):
            try checkName(name)
            guard let owner = try await owner(named: level),
                let parent = try await parent(of: name, owner.id),
                try await rights(on: parent.id).contains(.createMailbox)
            else { throw .notPermitted }
            return NewPlace(
                account: owner.id, name: name,
                shownName: MailboxPlace.name(of: name, ownedBy: owner.levelName), parent: parent,
                isOwn: false)
        }
    }

    private func checkName(_ name: String) throws(CommandFailure) {
        if let problem = MailboxName.problem(with: name) { throw .no(problem, code: "CANNOT") }
    }

    private func parent(of name: String, _ account: AccountID)
        async throws(CommandFailure) -> MailboxStatus?
    {
        let storage = service.mailboxes.storage
        for superior in MailboxName.superiors(of: name).reversed() {
            let found = try await stored { () async throws(MailError) in
                try await storage.mailbox(named: superior, of: account)
            }
            if let found { return found }
        }
        return nil
    }

    /// \All and \Flagged are views of other mailboxes' messages, which there are none of.
    private func checkUses(_ uses: [SpecialUse], of place: NewPlace) throws(CommandFailure) {
        guard !uses.isEmpty else { return }
        guard place.isOwn, SpecialUse.assignable.isSuperset(of: uses) else {
            throw .no("A mailbox can't be used for that", code: "USEATTR")
        }
    }

    /// RFC 4314 section 3 leaves a new mailbox's list to the server: it is that of the one above.
    private func inheritAccess(of parent: MailboxStatus, _ new: MailboxStatus)
        async throws(CommandFailure)
    {
        let storage = service.mailboxes.storage
        let list = try await stored { () async throws(MailError) in
            try await storage.accessList(of: parent.id)
        }
        try await changed { () async throws(MailboxError) in
            for (identifier, rights) in list {
                try await storage.setAccess(
                    rights, of: identifier, to: new.id, account: new.account)
            }
        }
    }
}

extension SpecialUse {
    static let assignable: Set<SpecialUse> = [.archive, .drafts, .important, .junk, .sent, .trash]
}
