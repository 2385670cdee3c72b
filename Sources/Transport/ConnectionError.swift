/// Why a connection cannot go on. None of these is ever shown to the client.
package enum ConnectionError: Error, Sendable, Hashable {
    /// The connection was closed on our side, or the peer is gone.
    case closed
    /// Nothing arrived before the read deadline, or unsent bytes made no progress.
    case timedOut
    /// The client sent clear text behind STARTTLS: an injection attempt (RFC 3207 section 4.2).
    case clearTextAfterStartTLS
    /// The handshake or a record failed; the text is OpenSSL's reason.
    case tls(String)
    /// What the client sent under COMPRESS is not DEFLATE; the text is zlib's reason.
    case compression(String)
    /// The socket failed; the text is the system's.
    case io(String)
    /// The server is going down: say goodbye. Thrown once; reading again is allowed.
    case shuttingDown
}
