package import MailModel

/// A user with a mailbox as the directory describes them.
package struct Account: Hashable, Sendable {
    package let id: AccountID
    package let dn: String
    /// The first login name; the main address when there is none.
    package var login: String
    package var primaryAddress: EmailAddress
    /// All addresses of the entry, the primary one first.
    package var addresses: [EmailAddress]
    /// The stricter one of the user's and the domain's.
    package var status: EntryStatus
    /// The user's own; what it leaves open is the domain's default.
    package var quota: Quota
    /// Nil allows all.
    package var services: Set<Service>?
    /// Where mail goes instead, or as well when `keepsCopy`.
    package var forwarding: [EmailAddress]
    package var keepsCopy: Bool
    /// The host that has the mailbox, when the directory names one.
    package var homeServer: NextHop?
    /// The address under which that host knows the user, when it is another one there.
    package var routingAddress: EmailAddress?
    package var displayName: String?
    /// When the password was changed last, as the directory writes it; nil when it does not say, as only
    /// those with a password policy do.
    package var passwordChanged: String?

    package init(
        id: AccountID, dn: String, login: String, primaryAddress: EmailAddress,
        addresses: [EmailAddress], status: EntryStatus = .active, quota: Quota = .unlimited,
        services: Set<Service>? = nil, forwarding: [EmailAddress] = [], keepsCopy: Bool = false,
        homeServer: NextHop? = nil, routingAddress: EmailAddress? = nil, displayName: String? = nil,
        passwordChanged: String? = nil
    ) {
        self.id = id
        self.dn = dn
        self.login = login
        self.primaryAddress = primaryAddress
        self.addresses = addresses
        self.status = status
        self.quota = quota
        self.services = services
        self.forwarding = forwarding
        self.keepsCopy = keepsCopy
        self.homeServer = homeServer
        self.routingAddress = routingAddress
        self.displayName = displayName
        self.passwordChanged = passwordChanged
    }

    package func allows(_ service: Service) -> Bool {
        services?.contains(service) ?? true
    }
}
