/// What travels beside a message (RFC 5321 section 2.3.1).
package struct Envelope: Sendable, Equatable {
    package var reversePath: ReversePath
    package var recipients: [EnvelopeRecipient]
    package var body: BodyType
    /// The transaction asked for internationalised mail (RFC 6531).
    package var smtpUTF8: Bool
    /// What a failure report returns (RFC 3461 section 4.3); nil when the client did not say.
    package var returnContent: ReturnContent?
    /// The sender's envelope identifier, decoded (RFC 3461 section 4.4).
    package var envelopeID: String?
    /// Handed in by a user who logged in, or by a client that may relay: ours to sign.
    package var isSubmission = false
    /// To be sent on over verified TLS only, or returned (RFC 8689).
    package var requiresTLS = false
    /// `TLS-Required: No` in the header (RFC 8689 section 5): it is to arrive, whatever TLS its
    /// recipients' domains have published that they demand.
    package var waivesTLSPolicies = false
    /// MT-PRIORITY, -9 to 9 (RFC 6710).
    package var priority: Int8 = 0
    /// Not to be sent before (FUTURERELEASE, RFC 4865).
    package var releaseAt: Timestamp?
    package var deliverBy: DeliverBy?
    /// Of the content, as the store has found it: clients that take lines and ASCII headers may need
    /// another form of it.
    package var mayNeedConversion = false

    package init(
        reversePath: ReversePath, recipients: [EnvelopeRecipient] = [], body: BodyType = .sevenBit,
        smtpUTF8: Bool = false, returnContent: ReturnContent? = nil, envelopeID: String? = nil
    ) {
        self.reversePath = reversePath
        self.recipients = recipients
        self.body = body
        self.smtpUTF8 = smtpUTF8
        self.returnContent = returnContent
        self.envelopeID = envelopeID
    }
}

/// Where reports about a message go; null for reports themselves (RFC 5321 section 4.5.5).
package enum ReversePath: Hashable, Sendable, CustomStringConvertible {
    case null
    case address(EmailAddress)

    package var description: String {
        switch self {
        case .null: ""
        case .address(let address): address.description
        }
    }

    /// Appends the octets of `description`.
    package func append(to octets: inout [UInt8]) {
        if case .address(let address) = self { address.append(to: &octets) }
    }
}

/// RFC 6152 and RFC 3030.
package enum BodyType: UInt8, Sendable { case sevenBit, eightBitMIME, binaryMIME }

/// RFC 3461 section 4.3.
package enum ReturnContent: UInt8, Sendable { case full, headers }

/// A forward-path with its delivery status parameters (RFC 3461 sections 4.1 and 4.2).
package struct EnvelopeRecipient: Hashable, Sendable {
    package var address: EmailAddress
    /// Nil when the client did not say, which means failure and perhaps delay.
    package var notify: DeliveryNotify?
    package var originalRecipient: OriginalRecipient?

    package init(
        address: EmailAddress, notify: DeliveryNotify? = nil,
        originalRecipient: OriginalRecipient? = nil
    ) {
        self.address = address
        self.notify = notify
        self.originalRecipient = originalRecipient
    }
}

/// NOTIFY= (RFC 3461 section 4.1). Empty is NEVER.
package struct DeliveryNotify: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let never: DeliveryNotify = []
    package static let success = DeliveryNotify(rawValue: 1)
    package static let failure = DeliveryNotify(rawValue: 2)
    package static let delay = DeliveryNotify(rawValue: 4)
}

/// ORCPT= (RFC 3461 section 4.2): `addr-type;xtext`, the text decoded.
package struct OriginalRecipient: Hashable, Sendable {
    package var addressType: String
    package var address: String
    package init(addressType: String, address: String) {
        self.addressType = addressType
        self.address = address
    }
}

/// BY= (RFC 2852 section 4).
package struct DeliverBy: Hashable, Sendable {
    /// What happens at the deadline.
    package enum Mode: UInt8, Sendable {
        /// The message is returned.
        case `return`
        /// The sender is told, and the message goes on.
        case notify
    }

    package var deadline: Timestamp
    package var mode: Mode
    /// The sender wants to know when it is handed to a host that does not know BY=.
    package var isTraced: Bool

    package init(deadline: Timestamp, mode: Mode, isTraced: Bool) {
        self.deadline = deadline
        self.mode = mode
        self.isTraced = isTraced
    }
}
