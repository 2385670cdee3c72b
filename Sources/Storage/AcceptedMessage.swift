import MailModel
import NIOCore

/// What the log records about a message beside its bytes: all that is needed to deliver it.
struct AcceptedMessage: Sendable {
    var id: QueueID
    /// Octets of the message.
    var size: Int
    /// Its bytes are in a file of its own.
    var isLarge: Bool
    var arrival: Timestamp
    var envelope: Envelope
    var recipients: [RoutedRecipient]

    func encodeMetadata(into buffer: inout ByteBuffer) {
        buffer.writeInteger(arrival.milliseconds)
        buffer.encode(envelope)
        buffer.writeInteger(UInt32(recipients.count))
        for recipient in recipients { buffer.encode(recipient) }
    }

    init(
        id: QueueID, size: Int, isLarge: Bool, arrival: Timestamp, envelope: Envelope,
        recipients: [RoutedRecipient]
    ) {
        self.id = id
        self.size = size
        self.isLarge = isLarge
        self.arrival = arrival
        self.envelope = envelope
        self.recipients = recipients
    }

    init(id: QueueID, size: Int, isLarge: Bool, metadata: ByteBuffer) throws(DecodingFault) {
        var metadata = metadata
        let arrival = Timestamp(milliseconds: try metadata.decode())
        let envelope = try metadata.decodeEnvelope()
        let count = try metadata.decode(UInt32.self)
        var recipients: [RoutedRecipient] = []
        for _ in 0..<count { recipients.append(try metadata.decodeRecipient()) }
        self.init(
            id: id, size: size, isLarge: isLarge, arrival: arrival, envelope: envelope,
            recipients: recipients)
    }
}
