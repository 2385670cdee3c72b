/// Why a connection cannot go on. None of these is ever shown to the client.
package enum ConnectionError: Error, Sendable, Hashable {
    /// The connection was closed on our side, or the peer is gone.
    case closed
    /// Nothing arrived before the read deadline, unsent bytes made no progress, or nobody answered
    /// when we connected.
    case timedOut
    /// The peer sent clear text behind STARTTLS or its reply: an injection attempt (RFC 3207
    /// section 4.2).
    case clearTextAfterStartTLS
    /// The handshake or a record failed; the text is OpenSSL's reason.
    case tls(String)
    /// The server's certificate is not what was demanded.
    case certificate(CertificateProblem)
    /// What the client sent under COMPRESS is not DEFLATE; the text is zlib's reason.
    case compression(String)
    /// Nobody listens at the address.
    case refused
    /// There is no way to the address; the text is the system's.
    case unreachable(String)
    /// The peer has reset the connection.
    case reset
    /// The task that used an outgoing connection was cancelled.
    case cancelled
    /// The socket failed otherwise; the text is the system's.
    case io(String)
    /// The server is going down: say goodbye. Thrown once; reading again is allowed.
    case shuttingDown

    /// In words, for the log.
    package var reason: String {
        switch self {
        case .closed: "connection closed"
        case .timedOut: "timed out"
        case .clearTextAfterStartTLS: "clear text behind STARTTLS"
        case .tls(let text): "TLS: \(text)"
        case .certificate(let problem): "TLS: \(problem.text)"
        case .compression(let text): "compression: \(text)"
        case .refused: "connection refused"
        case .unreachable(let text), .io(let text): text
        case .reset: "connection reset by peer"
        case .cancelled: "cancelled"
        case .shuttingDown: "shutting down"
        }
    }
}
