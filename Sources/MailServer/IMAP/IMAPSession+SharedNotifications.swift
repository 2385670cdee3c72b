internal import Directory
internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage
internal import Transport

/// NOTIFY for other users' mailboxes: which ones there are, and what becomes of them (RFC 5465 sections
/// 3.1, 5.4, 5.6 and 5.9).
///
/// Groups of the directory that the user comes into or leaves count from the next change of an access
/// list or NOTIFY on.
extension IMAPSession {
    /// Other users whose mailboxes one session watches.
    private static let maximumOwners = 100
    /// Lost mailboxes that are remembered, so that it can be told when they come back.
    private static let maximumLost = 1000

    func watch(_ account: AccountID) -> ChangeWatcher {
        service.mailboxes.watch(account) { [connection] in connection.wake() }
    }

    /// Brings the filter's view of other users' mailboxes up to date, and tells what has changed.
    /// - Parameter isFirst: there is nothing to compare with: only those are told that can't be watched.
    /// - Throws: [NOTIFICATIONOVERFLOW] when there are too many; [UNAVAILABLE] when the directory is.
    func updateShared(_ filter: NotificationFilter, isFirst: Bool = false)
        async throws(CommandFailure)
    {
        let meant = filter.ownersMeant
        guard meant?.isEmpty != true else { return }
        // First, so that nothing that happens meanwhile is missed.
        if filter.access == nil { filter.access = try await watchAccess() }
        var mailboxes: [ResolvedMailbox]
        repeat {
            mailboxes = try await sharedMailboxes(completely: true).filter { mailbox in
                guard case .other(let level, _) = MailboxPlace(mailbox.name) else { return false }
                return meant?.contains(level) != false
            }
        } while try watchOwners(of: mailboxes, filter)
        let known = filter.shared
        filter.shared = [:]
        for mailbox in mailboxes {
            let mayRead = mailbox.rights.contains(.read)
            filter.shared[mailbox.id] = .init(name: mailbox.name, mayRead: mayRead)
            if isFirst, !mayRead, !filter.events(of: mailbox.name).isEmpty {
                writeName(mailbox.name, "\\NoAccess")
            }
        }
        if !isFirst { try await tellDifferences(from: known, filter) }
    }

    private func watchAccess() async throws(CommandFailure) -> ChangeWatcher {
        let account = try loggedIn().account
        let identifiers = AccessList.identifiers(
            of: account.id, in: try await groups(of: account), withNegative: true)
        return service.mailboxes.watchAccess(of: Set(identifiers)) { [connection] in
            connection.wake()
        }
    }

    /// - Returns: whether there are new ones, whose mailboxes may have changed before.
    private func watchOwners(of mailboxes: [ResolvedMailbox], _ filter: NotificationFilter)
        throws(CommandFailure) -> Bool
    {
        let owners = Set(mailboxes.map(\.owner))
        guard owners.count <= Self.maximumOwners else {
            throw .no("Too many users' mailboxes", code: "NOTIFICATIONOVERFLOW")
        }
        filter.owners = filter.owners.filter { owners.contains($0.key) }
        let new = owners.subtracting(filter.owners.keys)
        for owner in new { filter.owners[owner] = watch(owner) }
        return !new.isEmpty
    }

    // MARK: Telling

    /// What of the changes is about other users' mailboxes, but for their messages.
    func tellShared(_ changes: [MailboxChange], _ filter: NotificationFilter)
        async throws(CommandFailure)
    {
        let user = try loggedIn().account.id
        let concernsNames = changes.contains { change in
            switch change.kind {
            case .created, .deleted, .renamed, .access: change.account != user
            // With SUBSCRIBED, others may be meant now.
            case .subscription(let name, _): MailboxPlace(name) != .own(name)
            default: false
            }
        }
        if concernsNames { try await updateShared(filter) }
        for change in changes where change.account != user {
            guard case .annotations(let entries) = change.kind,
                let mailbox = filter.shared[change.mailbox], mailbox.mayRead,
                filter.events(of: mailbox.name).contains(.mailboxMetadataChange)
            else { continue }
            let shown = entries.compactMap {
                Self.shownName(ofEntry: $0, to: user, owner: change.account)
            }
            if !shown.isEmpty { writeMetadata(mailbox.name, shown) }
        }
    }

    private func tellDifferences(
        from known: [Int64: NotificationFilter.SharedMailbox], _ filter: NotificationFilter
    ) async throws(CommandFailure) {
        var renamed: [(from: String, to: String)] = []
        for (id, old) in known.sorted(by: { $0.value.name < $1.value.name }) {
            guard let new = filter.shared[id] else {
                try await tellLoss(of: id, old.name, filter)
                continue
            }
            let isRenamed = new.name != old.name
            // Those below go with it without a word.
            if isRenamed, !renamed.contains(where: { new.name == old.name.moved($0.from, $0.to) }) {
                renamed.append((old.name, new.name))
                tellRename(from: old.name, to: new, filter)
            } else if new.mayRead != old.mayRead, !filter.events(of: new.name).isEmpty {
                writeName(new.name, new.attributes)
            }
        }
        let new = filter.shared.filter { known[$0.key] == nil }
        for (id, mailbox) in new.sorted(by: { $0.value.name < $1.value.name }) {
            let events = filter.events(of: mailbox.name)
            let wasLost = filter.lost.remove(id) != nil
            if events.contains(.mailboxName) || !events.isEmpty && (wasLost || !mailbox.mayRead) {
                writeName(mailbox.name, mailbox.attributes)
            }
            try await breathe()
        }
    }

    /// Without the right to look it up, it is as if it were deleted.
    private func tellLoss(of id: Int64, _ name: String, _ filter: NotificationFilter)
        async throws(CommandFailure)
    {
        let events = filter.events(of: name)
        guard !events.isEmpty else { return }
        let exists = try await stored { () async throws(MailError) in
            try await service.mailboxes.storage.mailbox(id)
        } != nil
        if exists, filter.lost.count < Self.maximumLost { filter.lost.insert(id) }
        switch (events.contains(.mailboxName), exists) {
        case (true, true): writeName(name, "\\NonExistent \\NoAccess")
        case (true, false): writeName(name, "\\NonExistent")
        case (false, true): writeName(name, "\\NoAccess")
        case (false, false): break
        }
    }

    private func tellRename(
        from old: String, to new: NotificationFilter.SharedMailbox, _ filter: NotificationFilter
    ) {
        if filter.events(of: new.name).contains(.mailboxName) {
            writeName(new.name, new.attributes, oldName: old)
        } else if filter.events(of: old).contains(.mailboxName) {
            writeName(old, "\\NonExistent")
        }
    }
}

extension NotificationFilter.SharedMailbox {
    fileprivate var attributes: String { mayRead ? "" : "\\NoAccess" }
}

extension String {
    /// The mailbox's name after one above it was renamed; nil when it is not below that.
    fileprivate func moved(_ old: String, _ new: String) -> String? {
        hasPrefix(old + "/") ? new + dropFirst(old.count) : nil
    }
}
