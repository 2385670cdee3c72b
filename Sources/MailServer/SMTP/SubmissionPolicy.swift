import Directory
import InternetMessage
import MailModel

/// Which senders a user may name (RFC 6409 section 6.1).
struct SubmissionPolicy {
    let directory: any MailDirectory

    /// More From addresses than these are refused, rather than looked up.
    private static let maximumFromAddresses = 20

    func checkSender(_ path: ReversePath, _ account: Account) async throws(MailError) {
        guard case .address(let address) = path else { return }
        guard try await mayUse(address, account) else {
            throw MailError(
                553, .init(5, 7, 1), "Sender address is not yours",
                cause: "\(account.login) may not send as \(address)")
        }
    }

    /// The From field: an address of the user's; of several either all, or one with a Sender that
    /// is the user's (RFC 5322 section 3.6.2).
    func checkHeader(_ header: SubmissionHeaders, _ account: Account) async throws(MailError) {
        guard header.fromCount > 0 else { return }
        let from = header.from.mailboxes
        guard header.fromCount == 1, header.from.problem == nil,
            (1...Self.maximumFromAddresses).contains(from.count)
        else {
            throw MailError(550, .init(5, 7, 1), "From header is not valid")
        }
        var own = 0
        for mailbox in from where try await mayUse(mailbox, account) { own += 1 }
        if own == from.count { return }
        let sender = header.sender.mailboxes
        if own > 0, header.sender.problem == nil, sender.count == 1,
            try await mayUse(sender[0], account)
        {
            return
        }
        throw MailError(
            550, .init(5, 7, 1), "From address is not yours",
            cause: "\(account.login) may not send as in From")
    }

    private func mayUse(_ mailbox: Mailbox, _ account: Account) async throws(MailError) -> Bool {
        guard let address = mailbox.address else { return false }
        return try await mayUse(address, account)
    }

    private func mayUse(
        _ address: EmailAddress, _ account: Account
    ) async throws(MailError) -> Bool {
        switch await directory.maySend(as: address, account) {
        case .found(let may): return may
        case .notFound: return false
        case .unavailable(let fault): throw .directoryUnavailable(fault.cause)
        }
    }
}
