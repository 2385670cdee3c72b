package import MailModel

/// What a client gets of what it asked for in MAIL, counted from the moment of the command.
package struct DeliveryGrants: Sendable, Equatable {
    package var priority: Int8 = 0
    package var releaseAt: Timestamp?
    package var deliverBy: DeliverBy?
}

extension SMTPServerSession {
    /// The message comes from a user who has logged in, or from a client that may relay.
    var isSubmission: Bool { isAuthenticated || configuration.isTrusted }

    /// - Throws: the reply to MAIL.
    func grants(_ mail: MailCommand) throws(SMTPReply) -> DeliveryGrants {
        if mail.requiresTLS, !isEncrypted { throw .requiresTLSInClear }
        let now = configuration.clock()
        var grants = DeliveryGrants()
        grants.priority = min(mail.priority ?? 0, maximumPriority)
        if let hold = mail.hold {
            guard let maximum = configuration.maximumHold else { throw .unknownParameter }
            let release = switch hold {
            case .after(let seconds): now + .seconds(seconds)
            case .at(let moment): moment
            }
            guard release <= now + maximum else { throw .heldTooLong }
            // A moment that has gone by, by our clock, is now.
            grants.releaseAt = release > now ? release : nil
        }
        if let by = mail.deliverBy {
            let deadline = now + .seconds(by.seconds)
            if by.mode == .return, let release = grants.releaseAt, release >= deadline {
                throw .releasedTooLate
            }
            grants.deliverBy = DeliverBy(deadline: deadline, mode: by.mode, isTraced: by.isTraced)
        }
        return grants
    }

    /// Whoever asks may go behind others; in front of them, only who is known.
    private var maximumPriority: Int8 {
        if configuration.isTrusted { return 9 }
        return isAuthenticated ? configuration.maximumPriority : 0
    }
}
