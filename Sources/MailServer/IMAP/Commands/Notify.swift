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

    /// Other users whose mailboxes one session watches.
    private static let maximumOwners = 100

    func notify(_ command: NotifyCommand) async throws(CommandFailure) -> Completion {
        let user = try loggedIn()
        try check(command)
        let filter: NotificationFilter
        if command.groups.contains(where: { !$0.filter.isSelected }) {
            // Before anything is looked at, so that nothing is missed.
            let watcher = watch(user.account.id)
            let subscriptions = try await stored { () async throws(MailError) in
                try await user.mailboxes.subscriptions()
            }
            filter = NotificationFilter(command, subscriptions: subscriptions)
            filter.watchers = [watcher]
            if filter.mayNameShared { try await watchShared(filter) }
        } else {
            filter = NotificationFilter(command, subscriptions: [])
        }
        if command.wantsStatus { try await writeStatuses(filter) }
        notification = filter
        updateAttachment()
        return .ok("NOTIFY completed")
    }

    private func watch(_ account: AccountID) -> AccountWatcher {
        service.mailboxes.watch(account) { [connection] in connection.wake() }
    }

    private func watchShared(_ filter: NotificationFilter) async throws(CommandFailure) {
        var owners: Set<AccountID> = []
        for mailbox in try await sharedMailboxes()
        where mailbox.rights.contains(.read) && !filter.events(of: mailbox.name).isEmpty {
            filter.shared[mailbox.id] = mailbox.name
            guard owners.insert(mailbox.owner).inserted else { continue }
            guard owners.count <= Self.maximumOwners else {
                throw .no("Too many users' mailboxes", code: "NOTIFICATIONOVERFLOW")
            }
            filter.watchers.append(watch(mailbox.owner))
        }
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
    private func writeStatuses(_ filter: NotificationFilter) async throws(CommandFailure) {
        var mailboxes = try await ownMailboxes()
        if !filter.shared.isEmpty {
            mailboxes += try await sharedMailboxes().filter { filter.shared[$0.id] != nil }
        }
        for mailbox in mailboxes where mailbox.id != selected?.live.id {
            let events = filter.events(of: mailbox.name)
            guard events.contains(where: \.isMessageEvent) else { continue }
            writeStatus(mailbox.status, as: mailbox.name, events)
            try await breathe()
        }
    }

    /// RFC 5465 sections 5.1 to 5.3.
    func writeStatus(
        _ mailbox: MailboxStatus, as name: String, _ events: [NotifyCommand.Event]
    ) {
        var items =
            " (MESSAGES \(mailbox.messages) UIDNEXT \(mailbox.uidNext)"
            + " UIDVALIDITY \(mailbox.uidValidity) UNSEEN \(mailbox.unseen)"
        if enabled.contains(.condstore) || events.contains(.flagChange) {
            items += " HIGHESTMODSEQ \(mailbox.highestModSequence)"
        }
        output.writeStaticString("* STATUS ")
        output.writeIMAPMailbox(name, utf8: writesUTF8)
        output.writeString(items + ")\r\n")
    }
}
