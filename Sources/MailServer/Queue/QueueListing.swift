internal import InternetMessage
internal import MailModel
internal import Spool
package import Storage

/// A waiting message as `martlet queue` prints it.
package struct QueueListing: Sendable {
    package let entry: QueueEntry
    /// What of it is on its way to other hosts, as the running server says.
    package var deliveries: [ControlReply.Delivery] = []

    package init(_ entry: QueueEntry) { self.entry = entry }

    /// Envelope and recipients, for `martlet queue show`.
    package var details: String {
        let envelope = entry.envelope
        var lines = [
            "Queue id:    \(entry.id)",
            "Arrived:     \(time(entry.arrival))",
            "Size:        \(counted(entry.message.size, "octet"))",
            "Sender:      <\(envelope.reversePath)>",
        ]
        if let id = envelope.envelopeID { lines.append("Envelope id: \(id)") }
        let wishes = self.wishes
        if !wishes.isEmpty { lines.append("Asked for:   " + wishes.joined(separator: ", ")) }
        if let moment = envelope.releaseAt { lines.append("Not before:  \(time(moment))") }
        if let limit = envelope.deliverBy {
            lines.append("Deliver by:  \(time(limit.deadline)), else \(limit.mode)")
        }
        lines.append("Recipients:")
        for recipient in entry.recipients { lines += self.lines(recipient) }
        if !deliveries.isEmpty { lines.append("Being sent:") }
        for delivery in deliveries {
            let host = delivery.host.map { "\($0) [\(delivery.address ?? "")], " } ?? ""
            lines.append("    to \(delivery.destination), since \(delivery.seconds) s")
            lines.append("        \(host)\(delivery.words)")
        }
        return lines.map { $0.printable + "\n" }.joined()
    }

    private var wishes: [String] {
        let envelope = entry.envelope
        var wishes: [String] = []
        if envelope.body == .eightBitMIME { wishes.append("8BITMIME") }
        if envelope.body == .binaryMIME { wishes.append("BINARYMIME") }
        if envelope.smtpUTF8 { wishes.append("SMTPUTF8") }
        if envelope.requiresTLS { wishes.append("REQUIRETLS") }
        if envelope.waivesTLSPolicies { wishes.append("TLS-Required: No") }
        if envelope.priority != 0 { wishes.append("priority \(envelope.priority)") }
        if let content = envelope.returnContent { wishes.append("return of \(content)") }
        if envelope.isSubmission { wishes.append("submission") }
        return wishes
    }

    private func lines(_ recipient: QueueRecipient) -> [String] {
        let routed = recipient.routed
        var first = "    \(routed.address)  \(recipient.state.words)"
        if recipient.state == .deferred {
            first += ", \(counted(recipient.attempts, "attempt")), next \(time(recipient.nextAttempt))"
        }
        var lines = [first, "        goes to \(recipient.destination)"]
        let named = routed.envelopeRecipient
        if named.address != routed.address {
            lines.append("        was sent to \(named.address)")
        }
        if let notify = named.notify { lines.append("        reports: \(notify.words)") }
        if let error = recipient.lastError {
            lines.append("        \(error.operatorText)")
        }
        return lines
    }

    private func time(_ moment: Timestamp) -> String {
        String(decoding: MessageDate.local(moment).bytes, as: UTF8.self)
    }
}

extension QueueState {
    var words: String {
        switch self {
        case .active: "active"
        case .deferred: "deferred"
        case .hold: "hold"
        case .delivered: "delivered, report due"
        case .failed: "failed, report due"
        }
    }
}

extension DeliveryNotify {
    fileprivate var words: String {
        guard self != .never else { return "never" }
        let names: [(DeliveryNotify, String)] = [
            (.success, "success"), (.failure, "failure"), (.delay, "delay"),
        ]
        return names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
