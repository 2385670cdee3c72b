package import Directory
package import MailModel

/// What IMAP asks of the directory beside logins. Answers may be some seconds old.
package protocol IMAPDirectory: Sendable {
    func account(id: AccountID) async -> Lookup<Account>
    /// The same account as the directory has it now.
    func current(_ account: Account) async -> Lookup<Account>
    /// By uid or by any of the account's addresses.
    func account(login: String) async -> Lookup<Account>
    /// By address, else by common name.
    func group(named name: String) async -> Lookup<DirectoryGroup>
    func group(id: AccountID) async -> Lookup<DirectoryGroup>
    /// The groups that the user is in, through other groups, too.
    func groups(of account: Account) async -> Lookup<Set<AccountID>>
    func mayAct(as target: Account, by actor: Account) async -> Lookup<Bool>
    func setQuota(_ quota: Quota, of account: Account) async -> QuotaChange
}

extension Directory: IMAPDirectory {}
