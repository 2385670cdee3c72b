internal import Directory
internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage
internal import Transport

/// NOTIFY (RFC 5465): sets what is told without being asked for. A command that fails leaves
/// everything as it was.
extension IMAPSession {
    static let supportedEvents =
        "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange"
        + " MailboxMetadataChange ServerMetadataChange"

    func notify(_ command: NotifyCommand) async throws(CommandFailure) -> Completion {
        guard let user else { throw .bad("Log in first") }
        try check(command)
        var watcher: AccountWatcher?
        var subscriptions: Set<String> = []
        if command.groups.contains(where: { !$0.filter.isSelected }) {
            watcher = service.mailboxes.watch(user.account.id) { [connection] in connection.wake() }
            do throws(MailError) {
                subscriptions = try await user.mailboxes.subscriptions()
            } catch {
                throw refusal(error)
            }
        }
        let filter = NotificationFilter(command, watcher: watcher, subscriptions: subscriptions)
        if command.wantsStatus { try await writeStatuses(filter, user) }
        notification = filter
        updateAttachment()
        return .ok("NOTIFY completed")
    }

    private func check(_ command: NotifyCommand) throws(CommandFailure) {
        guard command.groups.count(where: { $0.filter.isSelected }) <= 1 else {
            throw .bad("SELECTED and SELECTED-DELAYED exclude each other")
        }
        for group in command.groups {
            let events = group.events
            guard !events.contains(.annotationChange) else {
                throw .no("Event not available", code: "BADEVENT (\(Self.supportedEvents))")
            }
            let isNew = events.contains { $0.isMessageNew }
            guard isNew == events.contains(.messageExpunge),
                isNew || !events.contains(.flagChange)
            else { throw .bad("MessageNew, MessageExpunge and FlagChange go together") }
            if group.filter.isSelected {
                guard events.allSatisfy(\.isMessageEvent) else {
                    throw .bad("Only events of messages are possible with SELECTED")
                }
            } else {
                for case .messageNew(let items) in events where !items.isEmpty {
                    throw .bad("Items are possible with SELECTED only")
                }
            }
        }
    }

    /// RFC 5465 section 3.1: the state from which the notifications go on.
    private func writeStatuses(_ filter: NotificationFilter, _ user: IMAPUser)
        async throws(CommandFailure)
    {
        let mailboxes: [MailboxStatus]
        do throws(MailError) { mailboxes = try await user.mailboxes.list() } catch {
            throw refusal(error)
        }
        for mailbox in mailboxes where mailbox.id != selected?.live.id {
            let events = filter.events(of: mailbox.name)
            guard events.contains(where: \.isMessageEvent) else { continue }
            writeStatus(mailbox, events)
            try await breathe()
        }
    }

    /// RFC 5465 sections 5.1 to 5.3.
    private func writeStatus(_ mailbox: MailboxStatus, _ events: [NotifyCommand.Event]) {
        var items =
            " (MESSAGES \(mailbox.messages) UIDNEXT \(mailbox.uidNext)"
            + " UIDVALIDITY \(mailbox.uidValidity) UNSEEN \(mailbox.unseen)"
        if enabled.contains(.condstore) || events.contains(.flagChange) {
            items += " HIGHESTMODSEQ \(mailbox.highestModSequence)"
        }
        output.writeStaticString("* STATUS ")
        output.writeIMAPMailbox(mailbox.name, utf8: enabled.contains(.utf8))
        output.writeString(items + ")\r\n")
    }

    // MARK: Notifications

    /// Something may have changed that the client wants to hear of; no command is in progress.
    func notify(of filter: NotificationFilter) async throws(CommandFailure) {
        if filter.selectedEvents.isWatched {
            try await announce(allowExpunge: idling != nil || !filter.selectedEvents.delaysExpunges)
        }
        guard let watcher = filter.watcher else { return }
        let (changes, overflowed) = watcher.takeChanges()
        guard !overflowed else {
            // As after NOTIFY NONE (RFC 5465 section 5.8).
            notification = NotificationFilter(
                NotifyCommand(groups: []), watcher: nil, subscriptions: [])
            updateAttachment()
            return output.writeUntagged(
                .ok, code: "NOTIFICATIONOVERFLOW", "Too many changes, notifications have ended")
        }
        var touched: [(mailbox: Int64, events: [NotifyCommand.Event])] = []
        for change in changes {
            let events: [NotifyCommand.Event]
            switch change.kind {
            case .appended: events = [.messageNew([])]
            case .expunged: events = [.messageExpunge]
            case .flagged: events = [.flagChange]
            default:
                try await tell(change, filter)
                continue
            }
            if let place = touched.firstIndex(where: { $0.mailbox == change.mailbox }) {
                touched[place].events += events
            } else {
                touched.append((change.mailbox, events))
            }
        }
        for (mailbox, events) in touched where mailbox != selected?.live.id {
            guard let status = try await mailboxStatus(mailbox) else { continue }
            let wanted = filter.events(of: status.name)
            let isWanted = events.contains { event in
                event.isMessageNew ? wanted.contains { $0.isMessageNew } : wanted.contains(event)
            }
            if isWanted { writeStatus(status, wanted) }
            try await breathe()
        }
    }

    private func mailboxStatus(_ id: Int64) async throws(CommandFailure) -> MailboxStatus? {
        do throws(MailError) {
            return try await service.mailboxes.storage.mailbox(id)
        } catch {
            throw refusal(error)
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
        case .subscription(let name, let isSubscribed):
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

    private func writeName(_ name: String, _ attributes: String, oldName: String? = nil) {
        let utf8 = enabled.contains(.utf8)
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
    private func writeMetadata(_ name: String, _ entries: [String]) {
        output.writeStaticString("* METADATA ")
        output.writeIMAPMailbox(name, utf8: enabled.contains(.utf8))
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
