package import Directory
package import MailModel

/// What the queue manager asks the directory.
package protocol RecipientResolving: Sendable {
    /// Where mail to the address goes.
    func resolve(_ address: EmailAddress) async -> Resolution

    /// The domain's entry, its alias resolved.
    func domain(named name: String) async -> Lookup<MailDomain>

    /// The address that the account has now; it may have been renamed since a message was
    /// accepted for it.
    func primaryAddress(of account: AccountID) async -> Lookup<EmailAddress>
}

extension Directory: RecipientResolving {
    package func primaryAddress(of account: AccountID) async -> Lookup<EmailAddress> {
        await self.account(id: account).map(\.primaryAddress)
    }
}
