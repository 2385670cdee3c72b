internal import Directory
internal import IMAP
internal import MailboxStore
internal import MailModel
internal import Storage

/// A mailbox that the user may use, and how.
struct ResolvedMailbox {
    /// As the user calls it: "Other Users/bob/Projects" for another's.
    var name: String
    var status: MailboxStatus
    /// What the user may do with it; everything with an own one.
    var rights: ACLRights
    /// The owner's, which decides what may be added.
    var quota: Quota
    var isOwn: Bool

    var id: Int64 { status.id }
    /// Whose it is.
    var owner: AccountID { status.account }
}

extension IMAPSession {
    /// The mailbox of this name, the user's own or another's who lets the user have all of `rights`.
    ///
    /// - Throws: [NONEXISTENT] for one that does not exist and for one that the user may not look
    ///   up, so that the two can't be told apart; [NOPERM] when other rights are missing.
    func mailbox(named name: String, needing rights: ACLRights = .lookup)
        async throws(CommandFailure) -> ResolvedMailbox
    {
        try await mailbox(named: name) { $0.isSuperset(of: rights) }
    }

    /// - Parameter mayUse: whether these rights are enough.
    func mailbox(named name: String, if mayUse: (ACLRights) -> Bool)
        async throws(CommandFailure) -> ResolvedMailbox
    {
        switch MailboxPlace(MailboxName.canonical(name)) {
        case .aboveOthers: throw .nonexistent
        case .own(let name):
            let user = try loggedIn()
            let status = try await stored { () async throws(MailError) in
                try await user.mailboxes.mailbox(named: name)
            }
            guard let status else { throw .nonexistent }
            return ResolvedMailbox(
                name: name, status: status, rights: .all, quota: user.account.quota, isOwn: true)
        case .other(let owner, let name):
            guard let found = try await othersMailbox(name, of: owner) else { throw .nonexistent }
            guard mayUse(found.rights) else {
                throw found.rights.contains(.lookup) ? .notPermitted : .nonexistent
            }
            return found
        }
    }

    /// Whatever the rights; nil when it does not exist.
    func othersMailbox(_ name: String, of login: String)
        async throws(CommandFailure) -> ResolvedMailbox?
    {
        guard let owner = try await owner(named: login) else { return nil }
        let status = try await stored { () async throws(MailError) in
            try await service.mailboxes.mailboxes(of: owner.id).mailbox(named: name)
        }
        guard let status else {
            // Takes the time that one without rights takes.
            _ = try await rights(on: 0)
            return nil
        }
        return ResolvedMailbox(
            name: MailboxPlace.name(of: name, ownedBy: owner.levelName), status: status,
            rights: try await rights(on: status.id), quota: owner.quota, isOwn: false)
    }

    /// The user's rights on another's mailbox. The directory is asked for the user's groups only
    /// where the access list names any.
    func rights(on mailbox: Int64) async throws(CommandFailure) -> ACLRights {
        let user = try loggedIn()
        let list = try await accessList(of: mailbox)
        let groups = list.namesGroups ? try await groups(of: user.account) : []
        return list.rights(of: user.account.id, in: groups)
    }

    func accessList(of mailbox: Int64) async throws(CommandFailure) -> AccessList {
        AccessList(stored: try await stored { () async throws(MailError) in
            try await service.mailboxes.storage.accessList(of: mailbox)
        })
    }

    // MARK: Helpers

    /// Commands that need a login are not executed without one.
    func loggedIn() throws(CommandFailure) -> IMAPUser {
        guard let user else { throw .bad("Log in first", code: "CLIENTBUG") }
        return user
    }

    /// Whether names and texts may go out in UTF-8 (RFC 6855, RFC 9051).
    var writesUTF8: Bool { enabled.contains(.utf8) }

    /// A call of the store whose failure is the command's.
    func stored<Value>(_ body: () async throws(MailError) -> Value)
        async throws(CommandFailure) -> Value
    {
        do throws(MailError) { return try await body() } catch { throw refusal(error) }
    }

    /// The same for changes of mailboxes.
    func changed<Value>(_ body: () async throws(MailboxError) -> Value)
        async throws(CommandFailure) -> Value
    {
        do throws(MailboxError) { return try await body() } catch { throw refusal(error) }
    }
}

extension CommandFailure {
    static let nonexistent = CommandFailure.no("No such mailbox", code: "NONEXISTENT")
    static let notPermitted = CommandFailure.no("Not permitted", code: "NOPERM")
}
