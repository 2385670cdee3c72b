package import MailModel

/// One mail transaction (RFC 5321 section 3.3): begun by MAIL, ended by a message or a reset.
package struct MailTransaction: Sendable {
    package let mail: MailCommand
    package internal(set) var recipients: [EnvelopeRecipient] = []
    /// RCPT commands accepted, those that named a recipient again among them.
    var acceptedRecipients = 0
    /// Set by the first BDAT; lives as long as the chunks do.
    var chunks: MessageDataReader?

    init(_ mail: MailCommand) { self.mail = mail }

    package var envelope: Envelope {
        Envelope(
            reversePath: mail.reversePath, recipients: recipients, body: mail.body ?? .sevenBit,
            smtpUTF8: mail.smtpUTF8, returnContent: mail.returnContent,
            envelopeID: mail.envelopeID)
    }
}
