import DNS
import MailModel

/// What the grammar of commands can't know of an address outside ASCII.
extension EmailAddress {
    /// Refuses a domain that breaks the rules of IDNA2008 (RFC 6531 section 3.3): no mail could reach
    /// it, nor a report.
    func checkDomain(orThrow error: MailError) throws(MailError) {
        guard domain.hasPrefix("[") || DomainName.isPossible(domain) else { throw error }
    }
}

extension MailError {
    /// The words are those of an address that the grammar refuses.
    static var invalidSender: MailError {
        MailError(501, .init(5, 1, 7), "Invalid sender address", cause: "domain breaks IDNA")
    }

    static var invalidRecipient: MailError {
        MailError(501, .init(5, 1, 3), "Invalid recipient address", cause: "domain breaks IDNA")
    }
}
