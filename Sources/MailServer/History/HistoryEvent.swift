internal import MailModel

/// A line of the history, as it was written.
package struct HistoryEvent: Codable, Sendable {
    package var id: String
    /// Milliseconds since 1970.
    package var at: Int64
    /// `accepted`, `delivered`, `attempt`, `report` or `operator`.
    package var event: String
    package var client: String?
    package var login: String?
    package var size: Int?
    package var from: String?
    package var to: [String]?
    /// Where each of `to` goes.
    package var routes: [String]?
    /// Addresses that are not named.
    package var more: Int?
    package var status: String?
    /// The address that the sender named.
    package var `for`: String?
    /// Of the attempt.
    package var number: Int?
    /// Seconds since the message came.
    package var age: Int?
    package var relay: String?
    package var tls: String?
    package var reply: String?
    package var error: String?
    package var report: String?
    package var recipients: Int?
    package var action: String?

    /// For a person: a line, its time as in the log.
    package var text: String {
        "\(Timestamp(milliseconds: at).internetDateTime)  \(sentence)".printable
    }

    private var sentence: String {
        switch event {
        case "accepted":
            var text = "accepted from \(client ?? "unknown")"
            if let login { text += ", login \(login)" }
            if let size { text += ", \(counted(size, "octet"))" }
            return text + ", from <\(from ?? "")> to \(names)"
        case "delivered": return "delivered into mailboxes: \(names)"
        case "attempt": return attempt
        case "report": return "reported as \(report ?? "") to \(names)"
        case "operator": return "\(action ?? "changed") by an operator: \(names)"
        default: return "\(event) \(names)"
        }
    }

    private var attempt: String {
        var text = "\(status ?? "tried"): \(names)"
        if let named = self.for { text += " (sent to \(named))" }
        if let number { text += ", attempt \(number)" }
        if let relay { text += ", \(relay)" }
        if let tls { text += ", \(tls)" }
        if let reply { text += ", said: \(reply)" }
        if let error { text += ": \(error)" }
        return text
    }

    private var names: String {
        var names = (to ?? []).enumerated().map { index, name in
            guard let routes, index < routes.count else { return name }
            return "\(name) (\(routes[index]))"
        }
        if let more { names.append("and \(more) more") }
        return names.joined(separator: ", ")
    }
}
