import MailModel
import NIOCore

/// The stored form of envelopes and recipients. Their own `recipients` are not part of envelopes.
extension ByteBuffer {
    mutating func encode(_ envelope: Envelope) {
        switch envelope.reversePath {
        case .null: encode(false)
        case .address(let address):
            encode(true)
            encode(address)
        }
        writeInteger(envelope.body.rawValue)
        encode(envelope.smtpUTF8)
        encode(optional: envelope.returnContent) { $0.writeInteger($1.rawValue) }
        encode(optional: envelope.envelopeID) { $0.encode($1) }
    }

    mutating func decodeEnvelope() throws(DecodingFault) -> Envelope {
        let reversePath: ReversePath = try decodeFlag() ? .address(try decodeAddress()) : .null
        return Envelope(
            reversePath: reversePath, body: try decodeCase(BodyType.self),
            smtpUTF8: try decodeFlag(),
            returnContent: try decodeOptional { buffer throws(DecodingFault) in
                try buffer.decodeCase(ReturnContent.self)
            },
            envelopeID: try decodeOptional { buffer throws(DecodingFault) in
                try buffer.decodeText()
            })
    }

    mutating func encode(_ recipient: RoutedRecipient) {
        encode(recipient.address)
        switch recipient.route {
        case .mailbox(let account, let quota):
            writeInteger(UInt8(0))
            writeInteger(account.high)
            writeInteger(account.low)
            encode(optional: quota.bytes) { $0.writeInteger($1) }
            encode(optional: quota.messages) { $0.writeInteger($1) }
        case .remote: writeInteger(UInt8(1))
        case .unresolved: writeInteger(UInt8(2))
        }
        let envelope = recipient.envelopeRecipient
        encode(optional: envelope.address == recipient.address ? nil : envelope.address) {
            $0.encode($1)
        }
        encode(optional: envelope.notify) { $0.writeInteger($1.rawValue) }
        encode(optional: envelope.originalRecipient) {
            $0.encode($1.addressType)
            $0.encode($1.address)
        }
    }

    mutating func decodeRecipient() throws(DecodingFault) -> RoutedRecipient {
        let address = try decodeAddress()
        let route = try decodeRoute()
        let named = try decodeOptional { buffer throws(DecodingFault) in
            try buffer.decodeAddress()
        }
        let notify = try decodeOptional { buffer throws(DecodingFault) in
            DeliveryNotify(rawValue: try buffer.decode())
        }
        let original = try decodeOptional { buffer throws(DecodingFault) in
            OriginalRecipient(
                addressType: try buffer.decodeText(), address: try buffer.decodeText())
        }
        return RoutedRecipient(
            address: address, route: route,
            envelopeRecipient: EnvelopeRecipient(
                address: named ?? address, notify: notify, originalRecipient: original))
    }

    private mutating func decodeRoute() throws(DecodingFault) -> Route {
        let kind = try decode(UInt8.self)
        switch kind {
        case 0:
            let account = AccountID(high: try decode(), low: try decode())
            let bytes = try decodeOptional { buffer throws(DecodingFault) in
                try buffer.decode(Int64.self)
            }
            let messages = try decodeOptional { buffer throws(DecodingFault) in
                try buffer.decode(Int64.self)
            }
            return .mailbox(account, Quota(bytes: bytes, messages: messages))
        case 1: return .remote
        case 2: return .unresolved
        default: throw DecodingFault(description: "route \(kind) is not known")
        }
    }

    private mutating func encode(_ address: EmailAddress) {
        encode(address.localPart)
        encode(address.domain)
    }

    private mutating func decodeAddress() throws(DecodingFault) -> EmailAddress {
        EmailAddress(localPart: try decodeText(), domain: try decodeText())
    }

    mutating func encode(_ error: MailError) {
        writeInteger(error.code)
        writeInteger(error.status.statusClass)
        writeInteger(error.status.subject)
        writeInteger(error.status.detail)
        encode(error.text)
        encode(optional: error.cause) { $0.encode($1) }
    }

    mutating func decodeMailError() throws(DecodingFault) -> MailError {
        MailError(
            try decode(), EnhancedStatusCode(try decode(), try decode(), try decode()),
            try decodeText(),
            cause: try decodeOptional { buffer throws(DecodingFault) in try buffer.decodeText() })
    }
}
