package import MailModel
internal import Spool
internal import Storage

/// `martlet queue list` for people: a line for each recipient.
package struct QueueTable {
    private let now: Timestamp
    private let addressWidth: Int
    private let lineWidth: Int?

    /// - Parameter width: of the terminal; nil: lines are as long as they need to be.
    package init(width: Int?, now: Timestamp = .now) {
        self.now = now
        lineWidth = width
        addressWidth = min(max(((width ?? 150) - 52) / 3, 16), 40)
    }

    package var header: String {
        line("ID", "AGE", "SIZE", "STATE", "TRIES", "NEXT", "SENDER", "RECIPIENT", "REASON")
    }

    package func lines(_ listing: QueueListing) -> [String] {
        let entry = listing.entry
        let sender = entry.envelope.reversePath
        return entry.recipients.map { recipient in
            line(
                entry.id.description, Column.age(now.since(entry.arrival)),
                Column.size(entry.message.size), recipient.state.listed.rawValue,
                String(recipient.attempts), next(recipient),
                sender == .null ? "<>" : sender.description,
                recipient.routed.address.description, reason(recipient))
        }
    }

    private func next(_ recipient: QueueRecipient) -> String {
        switch recipient.state {
        case .active, .deferred:
            recipient.nextAttempt <= now ? "now" : Column.age(recipient.nextAttempt.since(now))
        case .hold, .delivered, .failed: "-"
        }
    }

    private func reason(_ recipient: QueueRecipient) -> String {
        let error = recipient.lastError?.operatorText
        return switch recipient.state {
        case .delivered: "delivered, its report is due"
        case .failed: "failed, its report is due" + (error.map { ": \($0)" } ?? "")
        case .active, .deferred, .hold: error ?? ""
        }
    }

    private func line(
        _ id: String, _ age: String, _ size: String, _ state: String, _ tries: String,
        _ next: String, _ sender: String, _ recipient: String, _ reason: String
    ) -> String {
        var cells = [
            Column.left(id, 8), Column.right(age, 6), Column.right(size, 5),
            Column.left(state, 8), Column.right(tries, 5), Column.right(next, 6),
        ]
        for address in [sender, recipient] {
            let text = address.printable
            cells.append(
                lineWidth == nil
                    ? Column.left(text, addressWidth) : Column.exactly(text, addressWidth))
        }
        cells.append(reason.printable)
        let line = cells.joined(separator: "  ")
        return lineWidth.map { Column.cut(line, $0) } ?? line
    }
}
