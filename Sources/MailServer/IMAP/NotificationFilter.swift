internal import IMAP
internal import MailboxStore

/// What a client wants to hear of its own accord (RFC 5465), in force until the next NOTIFY.
///
/// Of other users' mailboxes, those that exist and may be read at that moment are watched.
final class NotificationFilter {
    /// What goes for the selected mailbox.
    struct SelectedEvents {
        /// Without it the selected mailbox's changes are told with commands only.
        var isWatched = false
        var tellsFlags = false
        /// Expunges wait for a command (SELECTED-DELAYED).
        var delaysExpunges = false
        var fetchItems: [FetchItem] = []
    }

    let selectedEvents: SelectedEvents
    /// Without those of the selected mailbox; the first that names a mailbox decides.
    let groups: [NotifyCommand.Group]
    /// The user's account first; none when only the selected mailbox matters.
    var watchers: [AccountWatcher] = []
    /// Names of other users' mailboxes.
    var shared: [Int64: String] = [:]
    var subscriptions: Set<String>

    init(_ command: NotifyCommand, subscriptions: Set<String>) {
        var selected = SelectedEvents()
        var groups: [NotifyCommand.Group] = []
        for group in command.groups {
            guard group.filter.isSelected else {
                groups.append(.init(filter: group.filter.canonical, events: group.events))
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

    /// Whether other users' mailboxes can be meant.
    var mayNameShared: Bool {
        groups.contains { group in
            switch group.filter {
            case .selected, .selectedDelayed, .inboxes, .personal: false
            case .subscribed: subscriptions.contains { MailboxPlace($0) != .own($0) }
            case .subtree(let names), .subtreeOne(let names), .mailboxes(let names):
                names.contains { MailboxPlace($0) != .own($0) }
            }
        }
    }

    /// The events that are wanted of a mailbox that is not selected.
    func events(of name: String) -> [NotifyCommand.Event] {
        groups.first { matches($0.filter, name) }?.events ?? []
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

    /// With names in their one spelling.
    fileprivate var canonical: MailboxFilter {
        switch self {
        case .subtree(let names): .subtree(names.map(MailboxName.canonical))
        case .subtreeOne(let names): .subtreeOne(names.map(MailboxName.canonical))
        case .mailboxes(let names): .mailboxes(names.map(MailboxName.canonical))
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
