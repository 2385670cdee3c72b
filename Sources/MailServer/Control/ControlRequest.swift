/// What `martlet queue` asks of the running server: one JSON value a line over the socket
/// `STATE/local/control.sock`, whose folder only the server's owner may enter. Several may follow
/// each other on a connection.
package struct ControlRequest: Codable, Sendable {
    /// Of the protocol: a server answers requests of its own version only.
    package static let currentVersion = 1

    package enum Action: String, Codable, Sendable {
        case hold, release, retry, delete
        /// Deleted, and the sender is told.
        case bounce
        /// Tried at once, whatever is known of its hosts.
        case flush
        /// Nothing is changed: how far the messages are on their ways, if they are in work.
        case show

        var isChange: Bool { self != .show }
    }

    package var version = currentVersion
    package var action: Action
    package var selection: QueueSelection
    /// An empty selection means all mail; without this it is refused.
    package var all: Bool

    package init(_ action: Action, _ selection: QueueSelection, all: Bool = false) {
        self.action = action
        self.selection = selection
        self.all = all
    }
}

/// One line of the answer. The last one has `end`.
package struct ControlReply: Codable, Sendable {
    package struct Change: Codable, Sendable {
        package enum Outcome: String, Codable, Sendable {
            case done
            /// It is being delivered: done as soon as that ends.
            case afterAttempt
            case failed
        }

        package var id: String
        package var outcome: Outcome
        package var error: String?
        package var sender: String
        /// The first of them, and how many there are.
        package var recipients: [String]
        package var recipientCount: Int
    }

    /// A message's delivery to another host, which is under way.
    package struct Delivery: Codable, Sendable {
        package var id: String
        package var destination: String
        /// Nil while its hosts are looked up.
        package var host: String?
        package var address: String?
        /// One word, and some.
        package var stage: String
        package var words: String
        /// Since it was taken up.
        package var seconds: Int64
    }

    package struct End: Codable, Sendable {
        /// What was changed, or shown.
        package var messages = 0
        package var recipients = 0
        /// Messages that were not changed, although they were meant.
        package var failures = 0
        /// Why nothing more was done.
        package var error: String?
    }

    package var changes: [Change] = []
    package var deliveries: [Delivery]?
    /// Messages that were looked at so far.
    package var seen: Int?
    package var end: End?
}
