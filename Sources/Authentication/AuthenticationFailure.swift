/// Why a login was refused: what the client may be told, and what only the log is told.
package struct AuthenticationFailure: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// 535 5.7.8.
        case invalidCredentials
        /// The account is switched off.
        case disabled
        /// Password policy: locked, expired, or to be changed first.
        case locked, passwordExpired, mustChangePassword
        /// Who it is is certain, but not that he may use this service or act as that identity.
        case notAuthorized
        /// The directory did not answer, or not clearly: 454 4.7.0, `[SYS/TEMP]`.
        case unavailable
        /// Not a sentence of the mechanism: 501 5.5.2.
        case malformed
        /// No such mechanism here: 504 5.5.4.
        case unknownMechanism
        /// 538 5.7.11.
        case encryptionRequired
        /// Nothing was asked of the directory: a temporary refusal, 454 4.7.0.
        case tooManyFailures
    }

    package var kind: Kind
    /// For the log. Never sent to a client.
    package var cause: String
    /// How long to wait before the answer is sent.
    package var delay: Duration
    /// Close the connection once the answer is sent.
    package var closeConnection: Bool

    package init(
        _ kind: Kind, cause: String, delay: Duration = .zero, closeConnection: Bool = false
    ) {
        self.kind = kind
        self.cause = cause
        self.delay = delay
        self.closeConnection = closeConnection
    }

    /// Answered in the very words of `invalidCredentials`: a stranger must not learn whether a
    /// login exists, is switched off or locked.
    package var isShownAsInvalidCredentials: Bool {
        switch kind {
        case .invalidCredentials, .disabled, .locked, .passwordExpired, .mustChangePassword,
            .notAuthorized:
            true
        case .unavailable, .malformed, .unknownMechanism, .encryptionRequired, .tooManyFailures:
            false
        }
    }

    package var description: String { "\(kind): \(cause)" }
}
