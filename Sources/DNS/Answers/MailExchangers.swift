/// Where mail for a domain goes (RFC 5321 section 5.1).
package enum MailExchangers: Hashable, Sendable {
    /// By preference, best first; those of one preference in random order.
    case hosts([MailExchanger], isSecure: Bool)
    /// No MX records, but the domain, in A-labels here, has addresses: it is its own mail host.
    /// Secure when the missing of MX records is proven.
    case implicit(host: String, isSecure: Bool)
    /// The domain says that it takes no mail (RFC 7505): 556 5.1.10.
    case nullMX
    /// Also for what can't be a domain's name.
    case noSuchDomain
    /// The domain exists and has neither MX nor address records, or MX records of which none names
    /// a host: 5.4.4.
    case noAddress
    case failure(DNSFault)
}

package struct MailExchanger: Hashable, Sendable {
    /// A legal host name in lower case, A-labels, no dot at the end. That it has addresses, or is
    /// no alias, is not known yet.
    package let name: String
    package let preference: UInt16

    package init(name: String, preference: UInt16) {
        self.name = name
        self.preference = preference
    }
}
