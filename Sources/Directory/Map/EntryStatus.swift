/// Whether a domain, a user or a group gets mail now.
package enum EntryStatus: String, Hashable, Sendable, Codable {
    case active
    /// Mail is queued until the status changes.
    case hold
    /// Mail is refused for now (4xx), logins too.
    case inactive
    /// Mail is refused for good (5xx), logins too.
    case disabled

    /// The one of two statuses that allows less.
    package func stricter(_ other: EntryStatus) -> EntryStatus {
        strictness >= other.strictness ? self : other
    }

    private var strictness: Int {
        switch self {
        case .active: 0
        case .hold: 1
        case .inactive: 2
        case .disabled: 3
        }
    }
}

/// How an attribute states an `EntryStatus`.
package struct StatusMap: Hashable, Sendable {
    package var attribute: String
    /// Values in lower case. Any other value is `inactive`: a directory that says something we
    /// don't understand must neither bounce nor deliver.
    package var values: [String: EntryStatus]

    package init(attribute: String, values: [String: EntryStatus]) {
        self.attribute = attribute
        self.values = values
    }

    /// An absent attribute means active; of several values the strictest counts.
    func status(of entry: DirectoryEntry) -> EntryStatus {
        entry[attribute].reduce(.active) { $0.stricter(values[$1.lowercased()] ?? .inactive) }
    }
}
