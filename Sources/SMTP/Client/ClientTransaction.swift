package import MailModel

/// A message to be given to a peer: its envelope, and what must be known of its content.
package struct ClientTransaction: Sendable {
    /// BY= (RFC 2852).
    package struct DeliverBy: Sendable, Equatable {
        package enum Mode: Sendable { case `return`, notify }

        /// Seconds that are left; negative when the time has passed, which only `notify` may be.
        package var seconds: Int
        package var mode: Mode
        package var isTraced: Bool

        package init(seconds: Int, mode: Mode, isTraced: Bool = false) {
            self.seconds = seconds
            self.mode = mode
            self.isTraced = isTraced
        }
    }

    package var reversePath: ReversePath
    package var recipients: [EnvelopeRecipient]
    /// Octets of the content as it will be given to `encode`.
    package var size: Int
    /// What the content is, as it will be given to `encode`.
    package var body: BodyType
    /// A header of the content is not ASCII. The addresses are looked at here.
    package var hasInternationalHeader: Bool
    package var returnContent: ReturnContent?
    package var envelopeID: String?
    /// Only over TLS and to peers that promise the same (RFC 8689).
    package var requiresTLS: Bool
    package var deliverBy: DeliverBy?
    /// MT-PRIORITY (RFC 6710), -9 to 9.
    package var priority: Int?

    package init(
        reversePath: ReversePath, recipients: [EnvelopeRecipient], size: Int,
        body: BodyType = .sevenBit, hasInternationalHeader: Bool = false,
        returnContent: ReturnContent? = nil, envelopeID: String? = nil, requiresTLS: Bool = false,
        deliverBy: DeliverBy? = nil, priority: Int? = nil
    ) {
        self.reversePath = reversePath
        self.recipients = recipients
        self.size = size
        self.body = body
        self.hasInternationalHeader = hasInternationalHeader
        self.returnContent = returnContent
        self.envelopeID = envelopeID
        self.requiresTLS = requiresTLS
        self.deliverBy = deliverBy
        self.priority = priority
    }
}
