package import MailModel

/// Which waiting mail is meant. Of several values of one kind one must fit; of the kinds that are
/// given all must. Addresses, domains and destinations are patterns with `*` and `?`.
package struct QueueSelection: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case active, deferred, hold
        /// Settled; somebody is to be told of it.
        case report
    }

    /// Messages, by their queue ids.
    package var ids: [String] = []
    /// Of the envelope; `<>` is the null sender.
    package var senders: [String] = []
    package var recipients: [String] = []
    /// The recipients'.
    package var domains: [String] = []
    /// As in `queue list`.
    package var destinations: [String] = []
    package var states: [State] = []
    /// Text that the last error holds, whatever its case.
    package var reason: String?
    /// When the message came, in milliseconds since 1970.
    package var arrivedBefore: Int64?
    package var arrivedAfter: Int64?

    package init() {}

    /// Nothing is said: all mail is meant.
    package var isEmpty: Bool { self == QueueSelection() }

    /// How many values there are, for limits.
    var count: Int {
        ids.count + senders.count + recipients.count + domains.count + destinations.count
            + states.count
    }

    package mutating func require(age: Duration, orMore: Bool, now: Timestamp = .now) {
        let moment = now.milliseconds - age.components.seconds * 1000
        if orMore { arrivedBefore = moment } else { arrivedAfter = moment }
    }
}

/// A selection that can't be meant, in words for the one who typed it.
package struct SelectionError: Error, Sendable, CustomStringConvertible {
    package let description: String
}
