package import Directory
package import MailModel

/// What IMAP asks of the directory beside logins. Answers may be some seconds old.
package protocol IMAPDirectory: Sendable {
    func account(id: AccountID) async -> Lookup<Account>
    /// By uid or by any of the account's addresses.
    func account(login: String) async -> Lookup<Account>
}

extension Directory: IMAPDirectory {}
