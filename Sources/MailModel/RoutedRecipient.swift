/// One final recipient of an accepted message: the address that the sender named, after aliases,
/// groups and forwards, with the way it goes from here.
package struct RoutedRecipient: Hashable, Sendable {
    /// The final address.
    package var address: EmailAddress
    package var route: Route
    /// The forward-path of the client's RCPT, which reports must name (RFC 3464 section 2.3.1).
    package var envelopeRecipient: EnvelopeRecipient

    package init(address: EmailAddress, route: Route, envelopeRecipient: EnvelopeRecipient) {
        self.address = address
        self.route = route
        self.envelopeRecipient = envelopeRecipient
    }
}

package enum Route: Hashable, Sendable {
    /// Into an account here, into INBOX.
    case mailbox(AccountID, Quota)
    /// To another host.
    case remote(RemoteRoute)
    /// To be looked up again in the directory: it could not be told when the message came.
    case unresolved

    package var isRemote: Bool { if case .remote = self { true } else { false } }
}

/// How the other host is found.
package enum RemoteRoute: Hashable, Sendable {
    /// The domain is not in the directory: through the sender's smart host, else to the MX hosts
    /// of the address's domain.
    case foreign
    /// The domain is in the directory, which names the hosts that have its mail, or that of the
    /// addresses it does not know itself. They are looked up at each attempt.
    case domain
    /// This one: the user's home server, or the host of a distributed domain that has the address.
    case host(NextHop)
}
