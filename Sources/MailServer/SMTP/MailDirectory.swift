package import Directory
package import MailModel

/// What an SMTP service asks the directory.
package protocol MailDirectory: Sendable {
    func resolve(_ address: EmailAddress) async -> Resolution
    func maySend(as address: EmailAddress, _ account: Account) async -> Lookup<Bool>
    func domain(named name: String) async -> Lookup<MailDomain>
    func mayRetrieve(domain name: String, _ account: Account) async -> Lookup<Bool>
    func retrievableDomains(by account: Account) async -> Lookup<[MailDomain]>
}

extension Directory: MailDirectory {}
