package import Delivery
package import MailModel
internal import Storage

/// Keeps a line for each thing that happens to a message, for `martlet queue trace`. Whoever tells
/// it something does not wait for the disk; lines may be lost in a crash, and when too many come at
/// once.
package final class MessageHistory: Sendable {
    /// Addresses named in one line.
    private static let maximumNames = 100

    private let files: HistoryFiles

    init(_ files: HistoryFiles) { self.files = files }

    /// Writes what is left. Blocks.
    func close() { files.close() }

    /// - Parameter login: of the user who sent it.
    func accepted(
        _ id: QueueID, from sender: ReversePath, recipients: [RoutedRecipient], size: Int,
        client: String, login: String?
    ) {
        var line = HistoryLine(id, "accepted")
        line.add("client", client)
        line.add("login", login)
        line.add("size", size)
        line.add("from", sender)
        add(recipients, to: &line)
        files.append(line.finished())
    }

    func delivered(_ deliveries: [DirectDelivery]) {
        for delivery in deliveries {
            var line = HistoryLine(delivery.id, "delivered")
            add(delivery.recipients, to: &line)
            files.append(line.finished())
        }
    }

    /// - Parameter action: what an operator has had done.
    func changed(_ id: QueueID, _ action: String, recipients: [String], of count: Int) {
        var line = HistoryLine(id, "operator")
        line.add("action", action)
        line.add("to", recipients)
        if count > recipients.count { line.add("more", count - recipients.count) }
        files.append(line.finished())
    }

    /// Addresses, and where each goes.
    private func add(_ recipients: [RoutedRecipient], to line: inout HistoryLine) {
        let named = recipients.prefix(Self.maximumNames)
        line.add("to", named) { line, recipient in
            line.append(.address(recipient.address))
        }
        line.add("routes", named) { line, recipient in line.append(text: recipient.route.name) }
        if recipients.count > named.count { line.add("more", recipients.count - named.count) }
    }
}

extension MessageHistory: DeliveryObserver {
    package func attempted(_ event: DeliveryEvent) {
        let (recipient, routed) = (event.recipient, event.recipient.routed)
        var line = HistoryLine(event.id, "attempt")
        line.add("status", event.status)
        line.add("to", CollectionOfOne(routed.address)) { line, address in
            line.append(.address(address))
        }
        if routed.envelopeRecipient.address != routed.address {
            line.add("for", .address(routed.envelopeRecipient.address))
        }
        line.add("number", recipient.attempts + 1)
        line.add("age", event.age.components.seconds)
        line.add(
            "relay", event.handover.map { "\($0.host)[\($0.address)]" } ?? event.error?.reportedBy)
        line.add("tls", event.handover?.tls)
        line.add("reply", event.handover?.reply)
        line.add("error", event.error?.description)
        files.append(line.finished())
    }

    package func reported(_ id: QueueID, as report: QueueID, to target: EmailAddress, recipients: Int) {
        var line = HistoryLine(id, "report")
        line.add("report", report.description)
        line.add("to", [target.description])
        line.add("recipients", recipients)
        files.append(line.finished())
        var other = HistoryLine(report, "accepted")
        other.add("client", "report about \(id)")
        other.add("from", "")
        other.add("to", [target.description])
        files.append(other.finished())
    }
}

extension Route {
    /// As in `queue list`'s destinations.
    fileprivate var name: String {
        switch self {
        case .mailbox: "mailbox"
        case .unresolved: "unresolved"
        case .remote(.foreign), .remote(.domain): "remote"
        case .remote(.host(let hop)): hop.description
        }
    }
}
