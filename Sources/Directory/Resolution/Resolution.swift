package import MailModel

/// Where mail to an address goes.
package enum Resolution: Sendable {
    /// To these, each once; never empty.
    case deliver([RoutedAddress])
    /// No entry has the address, whose domain is spread over several hosts: to the one of these
    /// that has it. They are to be asked in this order.
    case askHosts(EmailAddress, [NextHop])
    /// The domain is not in the directory.
    case notLocal
    /// Nowhere, for now (4xx) or for good (5xx).
    case rejected(MailError)
}

/// A final address and its way from here.
package struct RoutedAddress: Hashable, Sendable {
    /// For a mailbox its account's primary address.
    package var address: EmailAddress
    package var route: Route

    package init(address: EmailAddress, route: Route) {
        self.address = address
        self.route = route
    }
}

extension Resolution {
    /// The host of a domain may tell local parts apart by case (RFC 5321 section 2.4), which the
    /// directory doesn't: where mail may leave for it, the address is as it was asked for.
    func spelled(as address: EmailAddress) -> Resolution {
        switch self {
        case .askHosts(_, let hosts): return .askHosts(address, hosts)
        case .deliver(var recipients):
            let folded = address.caseFolded
            for index in recipients.indices
            where recipients[index].address == folded {
                switch recipients[index].route {
                case .remote(.domain), .unresolved: recipients[index].address = address
                case .remote, .mailbox: continue
                }
            }
            return .deliver(recipients)
        case .notLocal, .rejected: return self
        }
    }
}
