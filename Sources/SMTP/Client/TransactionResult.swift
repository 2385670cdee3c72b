package import MailModel

/// What became of a transaction.
package struct TransactionResult: Sendable, Equatable {
    /// One for each recipient, in their order.
    package var outcomes: [RecipientOutcome]
    /// The peer was given the DSN parameters, and reports success itself (RFC 3461 section 5.2.2).
    package var peerReportsSuccess: Bool
    /// The peer was given the time by which to deliver (RFC 2852 section 4).
    package var peerKnowsDeadline: Bool
}

/// What became of one recipient.
package enum RecipientOutcome: Sendable, Equatable {
    /// The peer answers for the message now (RFC 5321 section 6.1).
    case accepted(ServerReply)
    case refused(ServerReply, SMTPClientStage)
    /// The peer was not asked: it lacks what this message or this address needs.
    case impossible(MailError)
    /// The connection failed. `mayBeDelivered`: the whole message had been sent, so the peer may
    /// have it although it did not say so, nor perhaps anything. It is to be sent again all the
    /// same.
    case broken(SMTPClientFailure, mayBeDelivered: Bool)
    /// One recipient too many for this transaction: another one should follow.
    case notTried

    /// Nil for what is no error.
    package func error(with host: String) -> MailError? {
        switch self {
        case .accepted, .notTried: nil
        case .refused(let reply, let stage): reply.error(from: host, to: stage)
        case .impossible(let error): error
        case .broken(let failure, _): failure.error(with: host)
        }
    }
}
