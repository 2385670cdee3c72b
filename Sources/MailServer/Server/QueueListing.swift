internal import InternetMessage
internal import MailModel
package import Storage

internal import class Foundation.JSONEncoder

/// A waiting message as `martlet queue` prints it.
package struct QueueListing: Sendable {
    package let entry: QueueEntry

    package init(_ entry: QueueEntry) { self.entry = entry }

    /// One message with its recipients, a line each.
    package var summary: String {
        let sender = entry.envelope.reversePath.description
        let head = "\(entry.id)  \(time(entry.arrival))  \(entry.message.size) octets  "
            + "<\(sender)>"
        return ([head] + entry.recipients.map { "    " + line($0) }).joined(separator: "\n")
    }

    /// Envelope and recipients, for `martlet queue show`.
    var details: String {
        var lines = [
            "Queue id:    \(entry.id)",
            "Arrived:     \(time(entry.arrival))",
            "Size:        \(entry.message.size) octets",
            "Sender:      <\(entry.envelope.reversePath)>",
        ]
        if let id = entry.envelope.envelopeID { lines.append("Envelope id: \(id)") }
        lines.append("Recipients:")
        lines += entry.recipients.map { "    " + line($0) }
        return lines.joined(separator: "\n") + "\n"
    }

    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and numbers only: encoding them can't fail.
        let data = try! encoder.encode(Output(entry))
        return String(decoding: data, as: UTF8.self)
    }

    private func line(_ recipient: QueueRecipient) -> String {
        var text = "\(recipient.routed.address)  \(recipient.stateName)"
        if recipient.state == .deferred {
            text += ", \(recipient.attempts) attempts, next \(time(recipient.nextAttempt))"
        }
        if let error = recipient.lastError {
            text += ": \(error.code) \(error.status) \(error.text)"
            if let cause = error.cause { text += " (\(cause))" }
        }
        return text
    }

    private func time(_ moment: Timestamp) -> String {
        String(decoding: MessageDate.local(moment).bytes, as: UTF8.self)
    }

    private struct Output: Encodable {
        struct Recipient: Encodable {
            var address: String
            var original: String
            var state: String
            var attempts: Int
            var nextAttempt: Int64
            var error: String?
            var cause: String?
        }

        var id: String
        var arrival: Int64
        var size: Int
        var sender: String
        var recipients: [Recipient]

        init(_ entry: QueueEntry) {
            id = entry.id.description
            arrival = entry.arrival.seconds
            size = entry.message.size
            sender = entry.envelope.reversePath.description
            recipients = entry.recipients.map {
                Recipient(
                    address: $0.routed.address.description,
                    original: $0.routed.envelopeRecipient.address.description,
                    state: $0.stateName, attempts: $0.attempts, nextAttempt: $0.nextAttempt.seconds,
                    error: $0.lastError.map { "\($0.code) \($0.status) \($0.text)" },
                    cause: $0.lastError?.cause)
            }
        }
    }
}

extension QueueRecipient {
    fileprivate var stateName: String {
        switch state {
        case .active: "active"
        case .deferred: "deferred"
        case .hold: "held"
        case .delivered: "delivered, report due"
        case .failed: "failed, report due"
        }
    }
}
