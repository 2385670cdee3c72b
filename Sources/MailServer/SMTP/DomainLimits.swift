import Directory
import MailModel
import SMTP

/// What domains of the directory allow of one message, below the limits of the configuration.
///
/// A user's message counts for the domain of its sender, with all of its recipients. One from
/// elsewhere counts for the domains of its recipients, for each with those there; of the sizes that
/// they allow the least counts, since a message is taken for all of its recipients or for none.
struct DomainLimits {
    private let directory: any MailDirectory
    /// The user's domain, when a user sends.
    private var sender: MailDomain?
    private var isFromUser = false
    private var declaredSize: Int?
    /// By domain; a user's are all in one.
    private var recipients: [String: Int] = [:]
    /// Octets; nil: no domain says.
    private(set) var maximumSize: Int?

    init(_ directory: any MailDirectory) { self.directory = directory }

    /// A transaction begins.
    /// - Parameter user: nil for a client that has not logged in.
    /// - Throws: when the message is larger than the user's domain allows.
    mutating func begin(_ mail: MailCommand, _ user: Account?) async throws(MailError) {
        self = DomainLimits(directory)
        declaredSize = mail.size
        guard let user else { return }
        isFromUser = true
        let address =
            switch mail.reversePath {
            case .address(let address): address
            case .null: user.primaryAddress
            }
        sender = try await domain(address.domain)
        if let sender { try limitSize(sender) }
    }

    /// Counts a recipient.
    /// - Throws: when it is one too many, or its domain does not take a message of this size.
    mutating func add(_ address: EmailAddress) async throws(MailError) {
        let found = isFromUser ? sender : try await domain(address.domain)
        guard let domain = found else { return }
        let count = recipients[domain.canonicalName, default: 0] + 1
        if let most = domain.maximumRecipients, count > most {
            throw MailError(
                452, .init(4, 5, 3), "Too many recipients",
                cause: "\(domain.name) allows \(most) in one message")
        }
        if !isFromUser { try limitSize(domain) }
        recipients[domain.canonicalName] = count
    }

    private mutating func limitSize(_ domain: MailDomain) throws(MailError) {
        guard let most = domain.maximumMessageSize.map({ Int($0) }) else { return }
        if let declaredSize, declaredSize > most {
            throw MailError(
                552, .init(5, 3, 4), "Message is too large for \(domain.name)",
                cause: "\(declaredSize) octets, \(most) allowed")
        }
        maximumSize = min(maximumSize ?? .max, most)
    }

    private func domain(_ name: String) async throws(MailError) -> MailDomain? {
        switch await directory.domain(named: name) {
        case .found(let domain): return domain
        case .notFound: return nil
        case .unavailable(let fault): throw .directoryUnavailable(fault.cause)
        }
    }
}
