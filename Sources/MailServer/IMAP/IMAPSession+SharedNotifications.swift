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
    /// - Parameters:
    ///   - isFirst: there is nothing to compare with: only those are told that can't be watched.
    ///   - isOwn: what has changed is the session's own doing, and told to nobody.
    /// - Throws: [NOTIFICATIONOVERFLOW] when there are too many; [UNAVAILABLE] when the directory is.
    func updateShared(
        _ filter: NotificationFilter, isFirst: Bool = false, isOwn: Bool = false
    ) async throws(CommandFailure) {
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
        filter.sharedHierarchy = MailboxHierarchy(mailboxes.lazy.map(\.name))
        for mailbox in mailboxes {
            let mayRead = mailbox.rights.contains(.read)
            filter.shared[mailbox.id] = .init(name: mailbox.name, mayRead: mayRead)
            if isFirst, !mayRead, !filter.events(of: mailbox.name).isEmpty {
                writeShared(mailbox.name, filter, isDenied: true)
            }
        }
        if isOwn {
            filter.lost.subtract(filter.shared.keys)
        } else if !isFirst {
            try await tellDifferences(from: known, filter)
        }
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
        let ofNames = changes.filter { change in
            switch change.kind {
            case .created, .deleted, .renamed, .access: change.account != user
            // With SUBSCRIBED, others may be meant now.
            case .subscription(let name, _): MailboxPlace(name) != .own(name)
            default: false
            }
        }
        if !ofNames.isEmpty {
            try await updateShared(
                filter, isOwn: ofNames.allSatisfy { $0.origin == changeOrigin })
        }
        for change in changes where change.account != user && change.origin != changeOrigin {
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
                writeShared(new.name, filter, isDenied: !new.mayRead)
            }
        }
        let new = filter.shared.filter { known[$0.key] == nil }
        var parents: Set<String> = []
        for (id, mailbox) in new.sorted(by: { $0.value.name < $1.value.name }) {
            let events = filter.events(of: mailbox.name)
            let wasLost = filter.lost.remove(id) != nil
            if events.contains(.mailboxName) || !events.isEmpty && (wasLost || !mailbox.mayRead) {
                writeShared(mailbox.name, filter, isDenied: !mailbox.mayRead)
                parents.formUnion(MailboxName.superiors(of: mailbox.name).suffix(1))
            }
            try await breathe()
        }
        let gone = known.filter { filter.shared[$0.key] == nil }
        for mailbox in gone.values { parents.formUnion(MailboxName.superiors(of: mailbox.name).suffix(1)) }
        tellParents(parents, filter)
    }

    /// RFC 5465 section 5.4: what is above a mailbox that is new or gone is affected, too. Levels above
    /// users' mailboxes are none.
    private func tellParents(_ names: Set<String>, _ filter: NotificationFilter) {
        for name in names.sorted() {
            guard case .other = MailboxPlace(name), filter.events(of: name).contains(.mailboxName)
            else { continue }
            let mailbox = filter.shared.values.first { $0.name == name }
            writeShared(name, filter, isDenied: mailbox?.mayRead == false)
        }
    }

    private func writeShared(
        _ name: String, _ filter: NotificationFilter, isDenied: Bool = false, oldName: String? = nil
    ) {
        writeName(
            name, filter.sharedHierarchy.attributes(of: name), isDenied: isDenied, oldName: oldName)
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
        case (true, true): writeName(name, .nonexistent, isDenied: true)
        case (true, false): writeShared(name, filter)
        case (false, true): writeName(name, [], isDenied: true)
        case (false, false): break
        }
    }

    private func tellRename(
        from old: String, to new: NotificationFilter.SharedMailbox, _ filter: NotificationFilter
    ) {
        if filter.events(of: new.name).contains(.mailboxName) {
            writeShared(new.name, filter, isDenied: !new.mayRead, oldName: old)
        } else if filter.events(of: old).contains(.mailboxName) {
            writeShared(old, filter)
        }
    }
}

extension String {
    /// The mailbox's name after one above it was renamed; nil when it is not below that.
    fileprivate func moved(_ old: String, _ new: String) -> String? {
        hasPrefix(old + "/") ? new + dropFirst(old.count) : nil
    }
}
