internal import IMAP
internal import MailModel
internal import MailboxStore
internal import Storage

/// What a client wants to hear of its own accord (RFC 5465), in force until the next NOTIFY.
final class NotificationFilter {
    /// What goes for the selected mailbox.
    struct SelectedEvents {
        /// Without it nothing is told of the selected mailbox but what commands do.
        var isWatched = false
        var tellsFlags = false
        /// Expunges wait for a command (SELECTED-DELAYED).
        var delaysExpunges = false
        var fetchItems: [FetchItem] = []
    }

    /// Another user's mailbox, as the client was told of it last.
    struct SharedMailbox {
        var name: String
        var mayRead: Bool
    }

    let selectedEvents: SelectedEvents
    /// Without those of the selected mailbox.
    let groups: [NotifyCommand.Group]
    /// The user's own mailboxes; nil when only the selected one matters.
    var own: ChangeWatcher?
    /// Users with mailboxes that are open to this one, as far as they can be meant.
    var owners: [AccountID: ChangeWatcher] = [:]
    /// What access lists say of this user.
    var access: ChangeWatcher?
    /// Other users' mailboxes that this user may look up, as far as they can be meant.
    var shared: [Int64: SharedMailbox] = [:]
    var sharedHierarchy = MailboxHierarchy([])
    /// Those that the client was told it has lost.
    var lost: Set<Int64> = []
    var subscriptions: Set<String>

    /// - Parameters: names in their one spelling.
    init(_ command: NotifyCommand, subscriptions: Set<String>) {
        var selected = SelectedEvents()
        var groups: [NotifyCommand.Group] = []
        for group in command.groups {
            guard group.filter.isSelected else {
                groups.append(group)
                continue
            }
            selected.isWatched = group.events.contains { $0.isMessageEvent }
            selected.tellsFlags = group.events.contains(.flagChange)
            selected.delaysExpunges = group.filter == .selectedDelayed
            for case .messageNew(let items) in group.events { selected.fetchItems = items }
        }
        selectedEvents = selected
        self.groups = groups
        self.subscriptions = subscriptions
    }

    /// What has happened since the last call; nil when that was too much to be kept.
    func takeChanges() -> [MailboxChange]? {
        let watchers = [own, access].compactMap(\.self) + owners.values
        let news = watchers.map { $0.takeChanges() }
        return news.contains(where: \.overflowed) ? nil : news.flatMap(\.changes)
    }

    /// Other users whose mailboxes can be meant, by their levels of names; nil: all.
    var ownersMeant: Set<String>? {
        var owners: Set<String> = []
        for name in groups.flatMap({ names(of: $0.filter) }) {
            switch MailboxPlace(name) {
            case .own: continue
            case .other(let owner, _): owners.insert(owner)
            case .aboveOthers:
                let levels = name.utf8.split(separator: UInt8(ascii: "/"))
                guard levels.count > 1, let owner = String(levels[1]) else { return nil }
                owners.insert(owner)
            }
        }
        return owners
    }

    /// Whether it matters what other users' mailboxes are called.
    var namesOthers: Bool {
        groups.contains { $0.filter == .subscribed } || ownersMeant?.isEmpty != true
    }

    private func names(of filter: MailboxFilter) -> [String] {
        switch filter {
        case .selected, .selectedDelayed, .inboxes, .personal: []
        case .subscribed: Array(subscriptions)
        case .subtree(let names), .subtreeOne(let names), .mailboxes(let names): names
        }
    }

    /// The events that are wanted of a mailbox, for whatever is not about the messages of the selected
    /// one: those of all groups that name it (RFC 5465 section 6), unless one of them wants none.
    func events(of name: String) -> [NotifyCommand.Event] {
        let naming = groups.filter { matches($0.filter, name) }
        return naming.contains { $0.events.isEmpty } ? [] : naming.flatMap(\.events)
    }

    private func matches(_ filter: MailboxFilter, _ name: String) -> Bool {
        switch filter {
        case .selected, .selectedDelayed: false
        case .inboxes: name == AccountMailboxes.inbox
        case .personal: MailboxPlace(name) == .own(name)
        case .subscribed: subscriptions.contains(name)
        case .subtree(let roots): roots.contains { name == $0 || name.hasPrefix($0 + "/") }
        case .subtreeOne(let roots):
            roots.contains {
                name == $0
                    || name.hasPrefix($0 + "/") && !name.dropFirst($0.count + 1).contains("/")
            }
        case .mailboxes(let names): names.contains(name)
        }
    }
}

extension MailboxFilter {
    var isSelected: Bool { self == .selected || self == .selectedDelayed }

    /// With other names.
    func renamed(_ name: (String) async throws(CommandFailure) -> String)
        async throws(CommandFailure) -> MailboxFilter
    {
        func all(_ names: [String]) async throws(CommandFailure) -> [String] {
            var result: [String] = []
            for old in names { result.append(try await name(old)) }
            return result
        }
        return switch self {
        case .subtree(let names): .subtree(try await all(names))
        case .subtreeOne(let names): .subtreeOne(try await all(names))
        case .mailboxes(let names): .mailboxes(try await all(names))
        case .selected, .selectedDelayed, .inboxes, .personal, .subscribed: self
        }
    }
}

extension NotifyCommand.Event {
    var isMessageEvent: Bool {
        switch self {
        case .messageNew, .messageExpunge, .flagChange, .annotationChange: true
        case .mailboxName, .subscriptionChange, .mailboxMetadataChange, .serverMetadataChange: false
        }
    }

    var isMessageNew: Bool {
        if case .messageNew = self { true } else { false }
    }
}
