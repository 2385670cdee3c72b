internal import MailModel

/// What can be told of a transaction before it is begun: which recipients can't be served because
/// the peer lacks what they need, and which are too many.
struct EnvelopeCheck {
    let transaction: ClientTransaction
    let capabilities: ServerCapabilities
    let isEncrypted: Bool

    /// Nil for recipients to be tried.
    func outcomes(recipientLimit: Int) -> [RecipientOutcome?] {
        let problem = messageProblem
        var room = recipientLimit
        return transaction.recipients.map { recipient in
            // Its own problem says more: an address that needs SMTPUTF8 is in the header, too.
            if let error = addressProblem(recipient.address) ?? problem { return .impossible(error) }
            guard room > 0 else { return .notTried }
            room -= 1
            return nil
        }
    }

    private var messageProblem: MailError? {
        if let limit = capabilities.size, limit > 0, transaction.size > limit {
            return MailError(
                552, .init(5, 3, 4),
                "The message has \(transaction.size) octets, the receiving host takes \(limit)")
        }
        if !capabilities.carries(transaction.body) {
            return MailError(
                554, .init(5, 6, 3),
                "The receiving host takes 7-bit mail only, and the message can't be converted")
        }
        if transaction.requiresTLS, !isEncrypted || !capabilities.requireTLS {
            return MailError(
                550, .init(5, 7, 30), "REQUIRETLS is not supported by the receiving host")
        }
        if case .address(let sender) = transaction.reversePath, !sender.isFitForCommand {
            return MailError(553, .init(5, 1, 7), "The sender's address can't be sent")
        }
        guard !capabilities.smtpUTF8 else { return nil }
        if transaction.reversePath.needsSMTPUTF8 {
            return .internationalAddress("The sender's address")
        }
        if transaction.hasInternationalHeader {
            return MailError(
                554, .init(5, 6, 9),
                "The message's header needs SMTPUTF8, which the receiving host does not support")
        }
        return nil
    }

    private func addressProblem(_ address: EmailAddress) -> MailError? {
        guard address.isFitForCommand else {
            return MailError(553, .init(5, 1, 3), "The recipient's address can't be sent")
        }
        return address.needsSMTPUTF8 && !capabilities.smtpUTF8
            ? .internationalAddress("The recipient's address") : nil
    }
}

extension MailError {
    /// RFC 6531 section 3.5.
    fileprivate static func internationalAddress(_ what: String) -> MailError {
        MailError(
            553, .init(5, 6, 7),
            "\(what) needs SMTPUTF8, which the receiving host does not support")
    }
}

extension EmailAddress {
    /// No octet of it could end the path or the line. Addresses from the directory or from old
    /// queue files have not passed the grammar of commands.
    var isFitForCommand: Bool {
        !localPart.isEmpty && !domain.isEmpty
            && localPart.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            && domain.utf8.allSatisfy {
                $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">")
            }
    }
}
