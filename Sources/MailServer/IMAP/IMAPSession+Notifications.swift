internal import Directory
internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// What NOTIFY has asked for, told when it happens.
extension IMAPSession {
    /// Something may have changed that the client wants to hear of; no command is in progress.
    func notify(of filter: NotificationFilter) async throws(CommandFailure) {
        if filter.selectedEvents.isWatched {
            try await announce(allowExpunge: idling != nil || !filter.selectedEvents.delaysExpunges)
        }
        guard let changes = filter.takeChanges() else { return endNotifications() }
        let user = try loggedIn().account.id
        var touched: [(mailbox: Int64, events: [NotifyCommand.Event])] = []
        for change in changes {
            guard let event = change.kind.messageEvent else {
                if change.account == user { try await tell(change, filter) }
                continue
            }
            if let place = touched.firstIndex(where: { $0.mailbox == change.mailbox }) {
                if !touched[place].events.contains(event) { touched[place].events.append(event) }
            } else {
                touched.append((change.mailbox, [event]))
            }
        }
        try await tellShared(changes, filter)
        for (mailbox, events) in touched where mailbox != selected?.live.id {
            try await tell(events, of: mailbox, filter)
            try await breathe()
        }
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
    private func tell(_ change: MailboxChange, _ filter: NotificationFilter)
        async throws(CommandFailure)
    {
        switch change.kind {
        case .created(let name):
            if filter.events(of: name).contains(.mailboxName) { writeName(name, "") }
        case .deleted(let name):
            if filter.events(of: name).contains(.mailboxName) { writeName(name, "\\NonExistent") }
        case .renamed(let from, let to):
            if filter.events(of: to).contains(.mailboxName) {
                writeName(to, "", oldName: from)
            } else if filter.events(of: from).contains(.mailboxName) {
                writeName(from, "\\NonExistent")
            }
        case .subscription(let stored, let isSubscribed):
            let name = filter.namesOthers ? try await OwnerSpeller(self).spelledOut(stored) : stored
            // A mailbox that is not subscribed to any more is told of for the last time.
            if isSubscribed { filter.subscriptions.insert(name) }
            if filter.events(of: name).contains(.subscriptionChange) {
                writeName(name, isSubscribed ? "\\Subscribed" : "")
            }
            if !isSubscribed { filter.subscriptions.remove(name) }
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

    func writeName(_ name: String, _ attributes: String, oldName: String? = nil) {
        let utf8 = writesUTF8
        output.writeString("* LIST (\(attributes)) \"/\" ")
        output.writeIMAPMailbox(name, utf8: utf8)
        if let oldName {
            output.writeStaticString(" (\"OLDNAME\" (")
            output.writeIMAPMailbox(oldName, utf8: utf8)
            output.writeStaticString("))")
        }
        output.writeStaticString("\r\n")
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

    /// New messages of the selected mailbox, with the items that were asked for (RFC 5465 section 5.2).
    func fetchNew(from uid: UInt32) async throws(CommandFailure) {
        guard let selected, let items = notification?.selectedEvents.fetchItems, !items.isEmpty
        else { return }
        let uids = selected.view.uids
        try await writeFetch(items, of: Array(uids[uids.position(of: uid)...]), withUID: true)
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
