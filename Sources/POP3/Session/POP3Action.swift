/// What the driver has to do before the session can go on. Replies written so far come first.
package enum POP3Action: Sendable, Equatable {
    /// Send the replies: there are enough of them.
    case flush
    /// Send the replies, begin TLS, then call `tlsEstablished`.
    case startTLS
    /// Call `loggedIn` or `loginFailed`.
    case verifyPassword(login: String, password: [UInt8])
    /// Begin an exchange and call `challenged`, `loggedIn` or `loginFailed`. The initial response is
    /// in base 64; nil when there is none (RFC 5034 section 4).
    case beginAuthentication(mechanism: String, initialResponse: [UInt8]?)
    /// The client's response, in base 64, to be answered likewise.
    case continueAuthentication(response: [UInt8])
    /// The client has given the exchange up, or sent what can't be read; it has been told.
    case abandonAuthentication
    /// Find out how many octets RETR would send of these messages (by their indices) and call
    /// `measured`.
    case measure([Int])
    /// Write the message (by its index), or its top: `beginText` and the multi-line text, or
    /// `textFailed`.
    case retrieve(index: Int, bodyLines: Int?)
    /// Remove the messages with these indices for good and call `updated`.
    case update(deleted: [Int])
    /// Send the replies and close the connection.
    case close
}

/// Why a login failed, as far as the client may know.
package enum LoginFailure: Sendable {
    case credentials
    case malformedResponse
    case mechanismUnavailable
    case encryptionRequired
    /// Another session has the maildrop (RFC 2449 section 8.1.1).
    case inUse
    /// The directory or the store can't answer now (RFC 3206).
    case temporary
    /// The store can't open the maildrop, and trying again won't help.
    case permanent
    /// Refused before the password was looked at.
    case tooManyFailures
}
