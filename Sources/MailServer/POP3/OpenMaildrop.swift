internal import Authentication
internal import Directory
internal import MailModel
internal import Storage

/// The maildrop that a session has locked, as it was at the login.
struct OpenMaildrop {
    let account: AccountID
    let mailbox: Int64
    let messages: [MailboxMessage]
}

/// How far a connection's login has come.
struct LoginProgress {
    var exchange: SASLExchange?
    /// Who has proved who he is, while the mechanism's last word is on its way.
    var proven: (account: Account, login: String)?
    var method = "USER"
    var failures = 0
    /// Set by a login that succeeded.
    var account: AccountID?
}
