package import MailModel

/// A mailbox as a header names it (RFC 5322 section 3.4).
///
/// Its texts are bytes: real mail has undeclared 8-bit names. Encoded words are left alone.
package struct Mailbox: Sendable, Equatable {
    /// The display name, unquoted; for `alice@example.org (Alice)` the comment.
    package var name: [UInt8]?
    /// Unquoted.
    package var localPart: [UInt8]
    /// A domain or a domain literal with its brackets; nil when the header gave none.
    package var domain: [UInt8]?
    /// `@a,@b`, as it stands (RFC 5322 section 4.4, obs-route); nobody sends mail over it.
    package var route: [UInt8]?

    package init(name: [UInt8]? = nil, localPart: [UInt8], domain: [UInt8]?) {
        self.name = name
        self.localPart = localPart
        self.domain = domain
    }

    /// The address to which mail could go; nil when it is incomplete, too long or not UTF-8.
    package var address: EmailAddress? {
        guard let domain, !localPart.isEmpty, !domain.isEmpty,
            localPart.count <= EmailAddress.maximumLocalPartLength,
            domain.count <= EmailAddress.maximumDomainLength,
            let localPart = String(validating: localPart, as: UTF8.self),
            let domain = String(validating: domain, as: UTF8.self)
        else { return nil }
        return EmailAddress(localPart: localPart, domain: domain)
    }
}
