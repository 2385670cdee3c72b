internal import Directory
internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// What NOTIFY has asked for, told when it happens.
extension IMAPSession {
    /// Something may have changed that the client wants to hear of; no command is in progress. Of its
    /// own changes it is not told (RFC 5465 section 5).
    func notify(of filter: NotificationFilter) async throws(CommandFailure) {
        if filter.selectedEvents.isWatched {
            try await announce(allowExpunge: idling != nil || !filter.selectedEvents.delaysExpunges)
        }
        guard let changes = filter.takeChanges() else { return endNotifications() }
        let user = try loggedIn().account.id
        let others = changes.filter { $0.origin != changeOrigin }
        let hierarchy = try await hierarchy(for: others)
        var touched: [(mailbox: Int64, events: [NotifyCommand.Event])] = []
        for change in others {
            guard let event = change.kind.messageEvent else {
                if change.account == user { try await tell(change, filter, hierarchy) }
                continue
            }
            if let place = touched.firstIndex(where: { $0.mailbox == change.mailbox }) {
                if !touched[place].events.contains(event) { touched[place].events.append(event) }
            } else {
                touched.append((change.mailbox, [event]))
            }
        }
        tellParents(others.filter { $0.account == user }, filter, hierarchy)
        for case .subscription(let name, let isSubscribed) in changes.map(\.kind) {
            try await note(isSubscribed, name, filter)
        }
        try await tellShared(changes, filter)
        for (mailbox, events) in touched where mailbox != selected?.live.id {
            try await tell(events, of: mailbox, filter)
            try await breathe()
        }
    }

    /// The names as they are now, when a change is told with attributes.
    private func hierarchy(for changes: [MailboxChange]) async throws(CommandFailure)
        -> MailboxHierarchy
    {
        let user = try loggedIn().account.id
        var isNeeded = false
        var needsOthers = false
        for change in changes where change.account == user {
            switch change.kind {
            case .created, .deleted, .renamed: isNeeded = true
            case .subscription(let name, _):
                isNeeded = true
                if MailboxPlace(name) != .own(name) { needsOthers = true }
            default: continue
            }
        }
        guard isNeeded else { return MailboxHierarchy([]) }
        let mailboxes = try await needsOthers ? visibleMailboxes() : ownMailboxes()
        return MailboxHierarchy(mailboxes.lazy.map(\.name))
    }

    /// As after NOTIFY NONE (RFC 5465 section 5.8): something was missed.
    func endNotifications() {
        notification = NotificationFilter(NotifyCommand(groups: []), subscriptions: [])
        updateAttachment()
        output.writeUntagged(
            .ok, code: "NOTIFICATIONOVERFLOW", "Not all changes could be told, notifications have ended")
    }

    private func tell(
        _ events: [NotifyCommand.Event], of mailbox: Int64, _ filter: NotificationFilter
    ) async throws(CommandFailure) {
        guard let status = try await mailboxStatus(mailbox) else { return }
        let name: String
        if status.account == user?.account.id {
            name = status.name
        } else {
            // Rights may have been taken away.
            guard let shared = filter.shared[mailbox], shared.mayRead,
                try await rights(on: mailbox).isSuperset(of: [.lookup, .read])
            else { return }
            name = shared.name
        }
        let wanted = filter.events(of: name)
        let isWanted = events.contains { event in
            event.isMessageNew ? wanted.contains { $0.isMessageNew } : wanted.contains(event)
        }
        if isWanted { writeStatus(status, as: name, wanted) }
    }

    private func mailboxStatus(_ id: Int64) async throws(CommandFailure) -> MailboxStatus? {
        try await stored { () async throws(MailError) in
            try await service.mailboxes.storage.mailbox(id)
        }
    }

    /// RFC 5465 sections 5.4 to 5.7.
    private func tell(
        _ change: MailboxChange, _ filter: NotificationFilter, _ hierarchy: MailboxHierarchy
    ) async throws(CommandFailure) {
        switch change.kind {
        case .created(let name), .deleted(let name):
            if filter.events(of: name).contains(.mailboxName) {
                writeName(name, hierarchy.attributes(of: name))
            }
        case .renamed(let from, let to):
            if filter.events(of: to).contains(.mailboxName) {
                writeName(to, hierarchy.attributes(of: to), oldName: from)
            } else if filter.events(of: from).contains(.mailboxName) {
                writeName(from, hierarchy.attributes(of: from))
            }
        case .subscription(let stored, let isSubscribed):
            let name = filter.namesOthers ? try await OwnerSpeller(self).spelledOut(stored) : stored
            // One that is new among them is told of, and one that is not among them any more.
            if isSubscribed { filter.subscriptions.insert(name) }
            guard filter.events(of: name).contains(.subscriptionChange) else { return }
            var attributes = hierarchy.attributes(of: name)
            if isSubscribed { attributes.insert(.subscribed) }
            writeName(name, attributes)
        case .annotations(let entries):
            let entries = entries.filter { $0.hasPrefix("/") }
            guard !entries.isEmpty else { return }
            if change.mailbox == 0 {
                guard filter.groups.contains(where: { $0.events.contains(.serverMetadataChange) })
                else { return }
                writeMetadata("", entries)
            } else if let status = try await mailboxStatus(change.mailbox),
                filter.events(of: status.name).contains(.mailboxMetadataChange)
            {
                writeMetadata(status.name, entries)
            }
        case .appended, .flagged, .expunged, .specialUses, .access, .removed: break
        }
    }

    /// RFC 5465 section 5.4: what is above a mailbox that is new or gone is affected, too.
    private func tellParents(
        _ changes: [MailboxChange], _ filter: NotificationFilter, _ hierarchy: MailboxHierarchy
    ) {
        var told: Set<String> = []
        for change in changes {
            let name: String
            switch change.kind {
            case .created(let created): name = created
            case .deleted(let deleted): name = deleted
            default: continue
            }
            guard let parent = MailboxName.superiors(of: name).last, told.insert(parent).inserted,
                filter.events(of: parent).contains(.mailboxName)
            else { continue }
            writeName(parent, hierarchy.attributes(of: parent))
        }
    }

    /// With SUBSCRIBED, the mailboxes that are meant change (RFC 5465 section 6.4).
    private func note(_ isSubscribed: Bool, _ stored: String, _ filter: NotificationFilter)
        async throws(CommandFailure)
    {
        let name = filter.namesOthers ? try await OwnerSpeller(self).spelledOut(stored) : stored
        if isSubscribed { filter.subscriptions.insert(name) } else { filter.subscriptions.remove(name) }
    }

    /// RFC 5464 section 4.4.2.
    func writeMetadata(_ name: String, _ entries: [String]) {
        output.writeStaticString("* METADATA ")
        output.writeIMAPMailbox(name, utf8: writesUTF8)
        for entry in entries {
            output.writeStaticString(" ")
            output.writeIMAPAString(entry)
        }
        output.writeStaticString("\r\n")
    }

    /// New messages of the selected mailbox, with the items that were asked for by MessageNew (RFC 5465
    /// section 5.2; of those that this session has made the client knows) and by searches which they
    /// belong to now (section 7), in one response.
    func fetchNew(from uid: UInt32, _ changes: [ContextChange]) async throws(CommandFailure) {
        guard let selected else { return }
        let noticed = notification?.selectedEvents.fetchItems ?? []
        guard !noticed.isEmpty || !changes.isEmpty else { return }
        let own = selected.ownMessages
        selected.ownMessages = UIDSet()
        let added = changes.map(\.added)
        // RFC 9586: the response has the UID without that.
        let withUID: [FetchItem] = enabled.contains(.uidOnly) ? [] : [.uid]
        let uids = selected.view.uids
        var portion: [UInt32] = []
        var portionItems: [FetchItem] = []
        for uid in uids[uids.position(of: uid)...] {
            var items = noticed.isEmpty || own.contains(uid) ? [] : withUID + noticed
            for (change, added) in zip(changes, added) where added.contains(uid) {
                // RFC 9051 section 7.5.2.
                if change.context.isUID || enabled.contains(.rev2) { items += withUID }
                items += change.context.fetchItems
            }
            items = items.withoutRepetitions
            if items != portionItems {
                try await writeFetch(portionItems, of: portion, withUID: false)
                (portion, portionItems) = ([], items)
            }
            if !items.isEmpty { portion.append(uid) }
        }
        try await writeFetch(portionItems, of: portion, withUID: false)
    }

    func noteOwn(_ uids: [UInt32], in mailbox: Int64) {
        guard let selected, selected.live.id == mailbox, !uids.isEmpty,
            notification?.selectedEvents.fetchItems.isEmpty == false
        else { return }
        let known = selected.ownMessages
        selected.ownMessages = UIDSet(known.ranges + UIDSet(ascending: uids).ranges)
    }
}

extension [FetchItem] {
    /// What would be answered twice is left out.
    fileprivate var withoutRepetitions: [FetchItem] {
        var items: [FetchItem] = []
        for item in self where !items.contains(where: { $0.peeking == item.peeking }) {
            items.append(item)
        }
        return items
    }
}

extension FetchItem {
    /// Another item of the same answer, which sets no flag.
    fileprivate var peeking: FetchItem {
        switch self {
        case .section(var section):
            section.peek = true
            return .section(section)
        case .binary(let part, _, let partial):
            return .binary(part: part, peek: true, partial: partial)
        default: return self
        }
    }
}

extension MailboxChange.Kind {
    fileprivate var messageEvent: NotifyCommand.Event? {
        switch self {
        case .appended: .messageNew([])
        case .expunged: .messageExpunge
        case .flagged: .flagChange
        default: nil
        }
    }
}
