internal import Authentication
internal import Directory
internal import MailModel

/// How far a connection's login has come.
struct LoginProgress {
    var exchange: SASLExchange?
    /// Who has proved who he is, while the mechanism's last word is on its way.
    var proven: (account: Account, login: String)?
    var method = "USER"
    var failures = 0
    /// Set by a login that succeeded: the account, and the login that proved itself.
    var succeeded: (account: Account, login: String)?
}
