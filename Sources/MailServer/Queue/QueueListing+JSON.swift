internal import MailModel
internal import Spool
internal import Storage

internal import class Foundation.JSONEncoder

/// Times are seconds since 1970.
extension QueueListing {
    /// One line.
    /// - Parameter header: of the message, to be part of it.
    package func json(header: String? = nil) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and numbers only: encoding them can't fail.
        let data = try! encoder.encode(Output(entry, deliveries, header))
        return String(decoding: data, as: UTF8.self)
    }

    private struct Output: Encodable {
        struct Recipient: Encodable {
            var address: String
            var original: String
            var destination: String
            var state: String
            var attempts: Int
            var nextAttempt: Int64
            var error: String?
            var cause: String?
            var reportedBy: String?
        }

        var id: String
        var arrival: Int64
        var size: Int
        var sender: String
        var envelopeID: String?
        var priority: Int
        var requiresTLS: Bool
        var releaseAt: Int64?
        var deliverBy: Int64?
        var recipients: [Recipient]
        var deliveries: [Delivery]?
        var header: String?

        struct Delivery: Encodable {
            var destination: String
            var host: String?
            var address: String?
            var stage: String
            var seconds: Int64
        }

        init(_ entry: QueueEntry, _ deliveries: [ControlReply.Delivery], _ header: String?) {
            let envelope = entry.envelope
            id = entry.id.description
            arrival = entry.arrival.seconds
            size = entry.message.size
            sender = envelope.reversePath.description
            envelopeID = envelope.envelopeID
            priority = Int(envelope.priority)
            requiresTLS = envelope.requiresTLS
            releaseAt = envelope.releaseAt?.seconds
            deliverBy = envelope.deliverBy?.deadline.seconds
            recipients = entry.recipients.map {
                Recipient(
                    address: $0.routed.address.description,
                    original: $0.routed.envelopeRecipient.address.description,
                    destination: $0.destination.description, state: $0.state.words,
                    attempts: $0.attempts, nextAttempt: $0.nextAttempt.seconds,
                    error: $0.lastError.map { "\($0.code) \($0.status) \($0.text)" },
                    cause: $0.lastError?.cause, reportedBy: $0.lastError?.reportedBy)
            }
            self.deliveries = deliveries.isEmpty ? nil : deliveries.map {
                Delivery(
                    destination: $0.destination, host: $0.host, address: $0.address,
                    stage: $0.stage, seconds: $0.seconds)
            }
            self.header = header
        }
    }
}
