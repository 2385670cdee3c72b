internal import MailModel

/// The recipients found so far for one address, and the entries on the way. Used by one task.
final class Expansion {
    /// Where a part of the expansion ended.
    enum End {
        /// At recipients, which are in `recipients`.
        case delivered
        /// Only these hosts can tell; the first address alone ends so.
        case elsewhere([NextHop])
        case notLocal
        /// At an entry that is being expanded already.
        case circle
        case rejected(MailError)
    }

    private(set) var recipients: [RoutedAddress] = []
    /// Members looked at.
    var members = 0
    private var seen: Set<Target> = []
    private var open: Set<String> = []
    private var ended: [String: End] = [:]

    private enum Target: Hashable {
        case mailbox(AccountID)
        case address(EmailAddress, Bool)
    }

    /// Adds a recipient unless it is there: a mailbox counts once whatever its address.
    func add(_ recipient: RoutedAddress) {
        let target: Target =
            switch recipient.route {
            case .mailbox(let id, _): .mailbox(id)
            case .remote: .address(recipient.address.caseFolded, true)
            case .unresolved: .address(recipient.address.caseFolded, false)
            }
        if seen.insert(target).inserted { recipients.append(recipient) }
    }

    /// Runs `body` for an entry or address once; a second time gives the same end, and within
    /// itself a circle.
    func once(
        _ key: String, _ body: () async throws(ExpansionFailure) -> End
    ) async throws(ExpansionFailure) -> End {
        if let end = ended[key] { return end }
        guard open.insert(key).inserted else { return .circle }
        let end = try await body()
        open.remove(key)
        ended[key] = end
        return end
    }
}

/// What ends a whole expansion.
enum ExpansionFailure: Error {
    case fault(DirectoryFault)
    case limit(MailError)

    var mailError: MailError {
        switch self {
        case .fault(let fault): MailError(fault)
        case .limit(let error): error
        }
    }
}
