package import MailModel

/// Why a connection can't be used, or no longer.
package enum SMTPClientFailure: Error, Sendable, Equatable {
    /// The peer does not want us, or ends the connection (421).
    case refused(ServerReply, SMTPClientStage)
    /// What came is not SMTP, or comes out of turn.
    case protocolError(String, SMTPClientStage)
    /// TLS is required.
    case tlsNotOffered
    case tlsFailed(String)
    /// There are credentials, but the peer has no AUTH, or no mechanism for them.
    case cannotAuthenticate(String)
    /// The connection broke, or could not be made.
    case lost(SMTPClientStage, cause: String)
    case timeout(SMTPClientStage)

    /// What it means for mail that was to go over the connection.
    package func error(with host: String) -> MailError {
        switch self {
        case .refused(let reply, let stage): reply.error(from: host, to: stage)
        case .protocolError(let cause, let stage):
            MailError(
                451, .init(4, 5, 0), "\(host) broke the protocol in reply to \(stage)",
                cause: cause)
        case .tlsNotOffered:
            MailError(451, .init(4, 7, 4), "TLS is required, but \(host) does not offer it")
        case .tlsFailed(let cause):
            MailError(451, .init(4, 7, 5), "TLS with \(host) failed", cause: cause)
        case .cannotAuthenticate(let cause):
            MailError(454, .init(4, 7, 0), "Authentication at \(host) failed", cause: cause)
        case .lost(let stage, let cause):
            MailError(
                451, .init(4, 4, 2), "Lost the connection to \(host) at \(stage)", cause: cause)
        case .timeout(let stage):
            MailError(451, .init(4, 4, 2), "\(host) did not answer \(stage) in time")
        }
    }
}
