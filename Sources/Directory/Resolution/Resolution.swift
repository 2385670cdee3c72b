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
    /// For `remote`: the host to go to instead of the MX hosts of the address's domain, when the
    /// directory names one (`mailHost`).
    package var host: String?

    package init(address: EmailAddress, route: Route, host: String? = nil) {
        self.address = address
        self.route = route
        self.host = host
    }
}

