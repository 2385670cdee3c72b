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
        encode(envelope.isSubmission)
        let flags =
            (envelope.requiresTLS ? 1 : 0) | (envelope.waivesTLSPolicies ? 2 : 0)
            | (envelope.mayNeedConversion ? 4 : 0)
        writeInteger(UInt8(flags))
        writeInteger(envelope.priority)
        encode(optional: envelope.releaseAt) { $0.writeInteger($1.milliseconds) }
        encode(optional: envelope.deliverBy) {
            $0.writeInteger($1.deadline.milliseconds)
            $0.writeInteger($1.mode.rawValue)
            $0.encode($1.isTraced)
        }
    }

    mutating func decodeEnvelope() throws(DecodingFault) -> Envelope {
        let reversePath: ReversePath = try decodeFlag() ? .address(try decodeAddress()) : .null
        var envelope = Envelope(
            reversePath: reversePath, body: try decodeCase(BodyType.self),
            smtpUTF8: try decodeFlag(),
            returnContent: try decodeOptional { buffer throws(DecodingFault) in
                try buffer.decodeCase(ReturnContent.self)
            },
            envelopeID: try decodeOptional { buffer throws(DecodingFault) in
                try buffer.decodeText()
            })
        envelope.isSubmission = try decodeFlag()
        let flags = try decode(UInt8.self)
        envelope.requiresTLS = flags & 1 != 0
        envelope.waivesTLSPolicies = flags & 2 != 0
        envelope.mayNeedConversion = flags & 4 != 0
        envelope.priority = try decode()
        envelope.releaseAt = try decodeOptional { buffer throws(DecodingFault) in
            Timestamp(milliseconds: try buffer.decode())
        }
        envelope.deliverBy = try decodeOptional { buffer throws(DecodingFault) in
            DeliverBy(
                deadline: Timestamp(milliseconds: try buffer.decode()),
                mode: try buffer.decodeCase(DeliverBy.Mode.self),
                isTraced: try buffer.decodeFlag())
        }
        return envelope
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
        case .remote(.foreign): writeInteger(UInt8(1))
        case .unresolved: writeInteger(UInt8(2))
        case .remote(.domain): writeInteger(UInt8(3))
        case .remote(.host(let hop)):
            writeInteger(UInt8(4))
            encode(hop.host)
            writeInteger(hop.port)
            writeInteger(hop.flavour.rawValue)
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
        case 1: return .remote(.foreign)
        case 2: return .unresolved
        case 3: return .remote(.domain)
        case 4:
            let (host, port) = (try decodeText(), try decode(UInt16.self))
            return .remote(
                .host(NextHop(host: host, port: port, flavour: try decodeCase(NextHop.Flavour.self))))
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
        encode(optional: error.reportedBy) { $0.encode($1) }
    }

    mutating func decodeMailError() throws(DecodingFault) -> MailError {
        MailError(
            try decode(), EnhancedStatusCode(try decode(), try decode(), try decode()),
            try decodeText(),
            cause: try decodeOptional { buffer throws(DecodingFault) in try buffer.decodeText() },
            reportedBy: try decodeOptional { buffer throws(DecodingFault) in
                try buffer.decodeText()
            })
    }
}
