internal import Directory
internal import IMAP
internal import Logging
internal import MailboxStore
internal import MailModel
internal import Storage

/// Other users' mailboxes (RFC 2342 section 5, RFC 4314): whose they are, and which ones are open to
/// this user.
extension IMAPSession {
    /// More are not shown.
    private static let maximumShared = 10_000

    /// Another user by a level of a name; nil for nobody, and for the user's own self.
    func owner(named level: String) async throws(CommandFailure) -> Account? {
        var answer = await service.directory.account(login: level)
        if case .notFound = answer, let id = AccountID(level) {
            answer = await service.directory.account(id: id)
        }
        switch answer {
        case .found(let owner): return owner.id == user?.account.id ? nil : owner
        case .notFound: return nil
        case .unavailable(let fault): throw directoryUnavailable(fault.cause)
        }
    }

    func groups(of account: Account) async throws(CommandFailure) -> Set<AccountID> {
        switch await service.directory.groups(of: account) {
        case .found(let groups): return groups
        case .notFound: return []
        case .unavailable(let fault): throw directoryUnavailable(fault.cause)
        }
    }

    /// Other users' mailboxes that this user may look up, by owner and name. What can't be told
    /// while the directory is unavailable is left out: own mail must not depend on it.
    /// - Parameter completely: all or none: what is left out would pass for gone. [UNAVAILABLE] then,
    ///   and [NOTIFICATIONOVERFLOW] when there are too many.
    func sharedMailboxes(completely: Bool = false) async throws(CommandFailure) -> [ResolvedMailbox] {
        let user = try loggedIn()
        let storage = service.mailboxes.storage
        let groups =
            completely
            ? try await self.groups(of: user.account) : await knownGroups(of: user.account)
        let identifiers = AccessList.identifiers(of: user.account.id, in: groups)
        let candidates = try await stored { () async throws(MailError) in
            try await storage.mailboxesShared(with: identifiers)
        }
        if completely, candidates.count > Self.maximumShared {
            throw .no("Too many users' mailboxes", code: "NOTIFICATIONOVERFLOW")
        }
        var seen: Set<Int64> = []
        var owners: [AccountID: Account?] = [:]
        var found: [ResolvedMailbox] = []
        for (id, status) in candidates.prefix(Self.maximumShared)
        where id != user.account.id && seen.insert(status.id).inserted {
            let rights = try await accessList(of: status.id)
                .rights(of: user.account.id, in: groups)
            guard rights.contains(.lookup) else { continue }
            let known =
                completely ? try await self.owner(id, &owners) : await knownOwner(id, &owners)
            guard let owner = known else { continue }
            found.append(
                ResolvedMailbox(
                    name: MailboxPlace.name(of: status.name, ownedBy: owner.levelName),
                    status: status, rights: rights, quota: owner.quota, isOwn: false))
        }
        return found
    }

    /// All that the user may look up: own mailboxes, then others'.
    func visibleMailboxes() async throws(CommandFailure) -> [ResolvedMailbox] {
        try await ownMailboxes() + sharedMailboxes()
    }

    func ownMailboxes() async throws(CommandFailure) -> [ResolvedMailbox] {
        let user = try loggedIn()
        return try await stored { () async throws(MailError) in
            try await user.mailboxes.list()
        }.map { status in
            ResolvedMailbox(
                name: status.name, status: status, rights: .all, quota: user.account.quota,
                isOwn: true)
        }
    }

    private func knownGroups(of account: Account) async -> Set<AccountID> {
        switch await service.directory.groups(of: account) {
        case .found(let groups): return groups
        case .notFound: return []
        case .unavailable(let fault):
            logger.warning(
                "groups of a user are not known, mailboxes shared with them are not listed",
                metadata: ["account": "\(account.id)", "cause": "\(fault.cause)"])
            return []
        }
    }

    private func owner(_ id: AccountID, _ known: inout [AccountID: Account?])
        async throws(CommandFailure) -> Account?
    {
        if let owner = known[id] { return owner }
        let owner: Account?
        switch await service.directory.account(id: id) {
        case .found(let account): owner = account
        case .notFound: owner = nil
        case .unavailable(let fault): throw directoryUnavailable(fault.cause)
        }
        known[id] = .some(owner)
        return owner
    }

    private func knownOwner(_ id: AccountID, _ known: inout [AccountID: Account?]) async -> Account? {
        do throws(CommandFailure) {
            return try await owner(id, &known)
        } catch {
            known[id] = .some(nil)
            return nil
        }
    }
}

extension Account {
    /// The account as a level of mailbox names: its login, unless that is no level.
    var levelName: String {
        let isLevel =
            !login.utf8.contains(UInt8(ascii: "/")) && MailboxName.problem(with: login) == nil
        return isLevel ? login : "\(id)"
    }
}
