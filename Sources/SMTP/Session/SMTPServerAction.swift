package import NIOCore

/// What the driver of a session has to do next. Replies are already in the output buffer.
package enum SMTPServerAction: Sendable, Equatable {
    /// Send the output, read more, then call `next`.
    case read
    /// Send the output, then call `next`: there is much of it, and input is left.
    case flush
    /// Send the output after this delay, then call `next`.
    case delay(Duration)
    /// Send the output and end the connection.
    case close
    /// Send the output, do the TLS handshake, then `tlsStarted`.
    case startTLS

    /// Begin the exchange, then `challenge`, `authenticationSucceeded` or `authenticationFailed`.
    case authenticate(mechanism: String, initialResponse: [UInt8]?)
    /// The client's answer to a challenge; go on likewise.
    case continueAuthentication([UInt8])
    /// The exchange is over without a result; call `next`.
    case cancelAuthentication

    /// Then `senderAccepted` or `refuse`.
    case checkSender(MailCommand)
    /// Then `recipientAccepted` or `refuse`.
    case checkRecipient(RecipientCommand)
    /// The message's octets come next: then `messageStarted` or `refuse`.
    case beginMessage
    /// Octets of the message; `refuseMessage` when they can't be taken. Then call `next`.
    case content(ByteBuffer)
    /// The message is whole: then `messageAccepted` or `refuse`.
    case endMessage
    /// The transaction is over without a message: drop what was kept for it, call `next`. The
    /// reply is that to a message with a defect, for the log.
    case resetTransaction(SMTPReply?)

    /// Then `answer`.
    case verify(String)
    case expand(String)

    /// ETRN: send the mail that waits for the domain (and those below it), then `answer` or
    /// `refuseRetrieval`.
    case startQueue(domain: String, includingSubdomains: Bool)
    /// ATRN: see what the client may have of these domains, of all its domains when there are none.
    /// Then `turn` or `refuseRetrieval`.
    case retrieve(domains: [String])
}
