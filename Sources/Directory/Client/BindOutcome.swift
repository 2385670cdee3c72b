/// What the directory said to a name and a password.
package enum BindOutcome: Hashable, Sendable {
    /// The password is right. The warnings are the password policy's, for the log.
    case success(warnings: [PasswordWarning])
    /// Wrong password, no such entry, or no password at all: the directory doesn't tell.
    case invalidCredentials
    /// The entry that was to be bound with has gone, which says nothing of the password. Bind requests
    /// alone never tell.
    case noSuchEntry
    /// Password policy: too many failures, or locked by an administrator.
    case locked(String)
    /// Password policy: expired, and no grace login is left.
    case passwordExpired(String)
    /// Right, but the directory allows nothing until the password is changed.
    case mustChange
    /// The account is switched off in the directory (389 Directory Server's inactivation).
    case disabled(String)
    /// An answer that says nothing of the password: a rule of the directory stands before it
    /// (confidentiality required, malformed name). An administrator must look.
    case refused(String)
    /// No answer; says nothing of the password.
    case unavailable(DirectoryFault)
}

/// What a password policy adds to a successful bind
/// (draft-behera-ldap-password-policy section 6.2).
package enum PasswordWarning: Hashable, Sendable {
    case expires(inSeconds: Int)
    /// The password has expired; this many logins are left.
    case graceLogins(remaining: Int)
}
