package import MailModel

/// Where mail to an address goes.
package enum Resolution: Sendable {
    /// To these, each once; never empty.
    case deliver([RoutedAddress])
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

