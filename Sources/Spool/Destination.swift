package import MailModel
package import Storage

/// Where recipients of a message go together: what is leased is a message's share for one of them.
package enum Destination: Hashable, Sendable, CustomStringConvertible {
    /// Mailboxes here, and addresses that are still to be looked up.
    case local
    /// The hosts of a domain.
    case domain(String)
    /// One host, whatever its domain.
    case host(NextHop)
    /// Settled recipients whose sender is still to be told.
    case reports

    package var description: String {
        switch self {
        case .local: "local"
        case .domain(let name): name
        case .host(let hop): hop.description
        case .reports: "reports"
        }
    }
}

extension RoutedRecipient {
    package var destination: Destination {
        switch route {
        case .mailbox, .unresolved: .local
        case .remote(.foreign), .remote(.domain): .domain(address.domain)
        case .remote(.host(let hop)): .host(hop)
        }
    }

    /// The domain here on whose account the recipient's mail goes out or comes in: the turns among
    /// these are fair. Empty for reports that leave.
    func virtualHost(sender: ReversePath) -> String {
        guard case .remote(.foreign) = route else { return address.domain }
        // Sent on by an account, group or forward of ours.
        guard address.domain == envelopeRecipient.address.domain else {
            return envelopeRecipient.address.domain
        }
        return if case .address(let sender) = sender { sender.domain } else { "" }
    }
}

extension QueueRecipient {
    package var destination: Destination {
        switch state {
        case .active, .deferred, .hold: routed.destination
        case .delivered, .failed: .reports
        }
    }
}
