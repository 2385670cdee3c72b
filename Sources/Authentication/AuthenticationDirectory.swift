package import Directory

/// What authentication asks of the directory. Every answer may come from the directory's cache,
/// except `authenticate`, which is a bind each time.
package protocol AuthenticationDirectory: Sendable {
    /// By uid or by any of the account's addresses.
    func account(login: String) async -> Lookup<Account>
    /// By what a client certificate says; its chain has been verified.
    func account(certificate subject: String, emails: [String]) async -> Lookup<Account>
    func authenticate(_ account: Account, password: [UInt8]) async -> BindOutcome
    /// `authPassword` values (RFC 5803).
    func scramSecrets(for account: Account) async -> Lookup<[String]>
    /// Whether the directory grants `actor` to act as `target`.
    func mayAct(as target: Account, by actor: Account) async -> Lookup<Bool>
}

extension Directory: AuthenticationDirectory {}
