package import MailModel

/// One mail transaction (RFC 5321 section 3.3): begun by MAIL, ended by a message or a reset.
package struct MailTransaction: Sendable {
    package let mail: MailCommand
    /// The client had logged in, or may relay without.
    let isSubmission: Bool
    /// What the client was granted of what it asked for in `mail`.
    package let grants: DeliveryGrants
    package internal(set) var recipients: [EnvelopeRecipient] = []
    /// RCPT commands accepted, those that named a recipient again among them.
    var acceptedRecipients = 0
    /// Octets of the message, where the driver knows of a lower limit than the configuration's.
    var maximumSize: Int?
    /// Set by the first BDAT; lives as long as the chunks do.
    var chunks: MessageDataReader?

    init(_ mail: MailCommand, isSubmission: Bool, grants: DeliveryGrants) {
        self.mail = mail
        self.isSubmission = isSubmission
        self.grants = grants
    }

    package var envelope: Envelope {
        var envelope = Envelope(
            reversePath: mail.reversePath, recipients: recipients, body: mail.body ?? .sevenBit,
            smtpUTF8: mail.smtpUTF8, returnContent: mail.returnContent,
            envelopeID: mail.envelopeID)
        envelope.isSubmission = isSubmission
        envelope.requiresTLS = mail.requiresTLS
        envelope.priority = grants.priority
        envelope.releaseAt = grants.releaseAt
        envelope.deliverBy = grants.deliverBy
        return envelope
    }
}
