/// What the driver of a client's session has to do next. Commands are already in the output buffer.
package enum SMTPClientAction: Sendable, Equatable {
    /// Send the output, read more before the stage's deadline, then call `next`.
    case read(SMTPClientStage)
    /// Do the TLS handshake, then `tlsEstablished`, or `fail(.tlsFailed)`.
    case startTLS
    /// Choose one of these and call `authenticate`, or `cancelAuthentication` when none will do.
    case authenticate(mechanisms: [String])
    /// Answer with `respond`, or call `cancelAuthentication`.
    case respond(challenge: [UInt8])
    /// Between transactions: `begin` one, or `quit`; or wait, and call `next` if octets come.
    case ready
    /// Give the next octets of the message to `encode`, send the output, then call `next`.
    case sendContent
    /// The transaction is over. Then call `next`.
    case finished(TransactionResult)
    /// Send the output and end the connection without waiting; nil when it is the end that `quit`
    /// asked for.
    case closed(SMTPClientFailure?)
}
