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
    /// To another host, found by the domain of the address.
    case remote
    /// To be looked up again in the directory: it could not be told when the message came.
    case unresolved
}
