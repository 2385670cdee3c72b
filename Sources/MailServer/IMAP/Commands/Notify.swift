internal import Directory
internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// NOTIFY (RFC 5465): sets what is told without being asked for. A command that fails leaves
/// everything as it was.
extension IMAPSession {
    static let supportedEvents =
        "MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange"
        + " MailboxMetadataChange ServerMetadataChange"

    func notify(_ command: NotifyCommand) async throws(CommandFailure) -> Completion {
        let user = try loggedIn()
        try check(command)
        let filter: NotificationFilter
        if command.groups.contains(where: { !$0.filter.isSelected }) {
            // Before anything is looked at, so that nothing is missed.
            let own = watch(user.account.id)
            filter = try await spelledOut(command)
            filter.own = own
            try await updateShared(filter, isFirst: true)
        } else {
            filter = NotificationFilter(command, subscriptions: [])
        }
        if command.wantsStatus { try await writeStatuses(filter) }
        notification = filter
        updateAttachment()
        var completion = Completion.ok("NOTIFY completed")
        // RFC 5465 section 3.1: SET is a NOOP, too, whatever is wanted from now on.
        completion.tellsAll = !command.groups.isEmpty
        return completion
    }

    /// The filter with names as events will tell them.
    private func spelledOut(_ command: NotifyCommand) async throws(CommandFailure)
        -> NotificationFilter
    {
        let user = try loggedIn()
        let subscriptions = try await stored { () async throws(MailError) in
            try await user.mailboxes.subscriptions()
        }
        let speller = OwnerSpeller(self)
        var groups: [NotifyCommand.Group] = []
        for group in command.groups {
            let filter = try await group.filter.renamed { name async throws(CommandFailure) in
                try await speller.spelledOut(name)
            }
            groups.append(.init(filter: filter, events: group.events))
        }
        var subscribed = subscriptions
        if command.groups.contains(where: { $0.filter == .subscribed }) {
            subscribed = []
            for name in subscriptions { subscribed.insert(try await speller.spelledOut(name)) }
        }
        var command = command
        command.groups = groups
        return NotificationFilter(command, subscriptions: subscribed)
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
            if group.filter.isSelected {
                // Section 5 demands it everywhere. Clients that know just STATUS responses of other mailboxes
                // ask for what they want to count, and Dovecot gives it to them.
                let isNew = events.contains { $0.isMessageNew }
                guard isNew == events.contains(.messageExpunge),
                    isNew || !events.contains(.flagChange)
                else { throw .bad("MessageNew, MessageExpunge and FlagChange go together") }
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
    private func writeStatuses(_ filter: NotificationFilter) async throws(CommandFailure) {
        var mailboxes = try await ownMailboxes()
        if !filter.shared.isEmpty {
            mailboxes += try await sharedMailboxes().filter { filter.shared[$0.id]?.mayRead == true }
        }
        for mailbox in mailboxes where mailbox.id != selected?.live.id {
            let events = filter.events(of: mailbox.name)
            guard events.contains(where: \.isMessageEvent) else { continue }
            writeStatus(mailbox.status, as: mailbox.name, events)
            try await breathe()
        }
    }

    /// RFC 5465 sections 5.1 to 5.3. What clients that ask for one event alone count on is that event's
    /// items and no others; who asks for both gets UNSEEN too.
    func writeStatus(
        _ mailbox: MailboxStatus, as name: String, _ events: [NotifyCommand.Event]
    ) {
        let isNew = events.contains(where: \.isMessageNew)
        var items: [String] = []
        if isNew || events.contains(.messageExpunge) { items.append("MESSAGES \(mailbox.messages)") }
        if isNew { items.append("UIDNEXT \(mailbox.uidNext)") }
        if isNew || events.contains(.flagChange) {
            items.append("UIDVALIDITY \(mailbox.uidValidity)")
        }
        if isNew, events.contains(.messageExpunge) { items.append("UNSEEN \(mailbox.unseen)") }
        if enabled.contains(.condstore) || events.contains(.flagChange) {
            items.append("HIGHESTMODSEQ \(mailbox.highestModSequence)")
        }
        output.writeStaticString("* STATUS ")
        output.writeIMAPMailbox(name, utf8: writesUTF8)
        output.writeString(" (\(items.joined(separator: " ")))\r\n")
    }
}
