package import Directory

/// How an authentication ended.
package enum AuthenticationOutcome: Sendable {
    /// The account to act as, and the login that proved itself: they differ when one acts for
    /// another.
    case success(Account, authenticatedBy: String)
    case failure(AuthenticationFailure)
}

/// One step of an exchange. `challenge` bytes are raw; the protocol encodes them in base64.
package enum SASLStep: Sendable {
    case challenge([UInt8])
    /// `serverFinal` is the mechanism's last word with a success. Protocols without a place for
    /// it (SMTP, POP3) send it as a challenge and take an empty response before they say yes.
    case done(AuthenticationOutcome, serverFinal: [UInt8]?)
}
