/// Why a user could not be let in at the home server.
struct HomeFailure: Error {
    enum Kind {
        /// It can't be reached, or not now.
        case unavailable
        /// It takes neither the user's password nor ours.
        case refused
        /// The user has too many sessions there, or another one has the maildrop.
        case inUse
    }

    var kind: Kind
    /// For the log.
    var cause: String

    init(_ kind: Kind, _ cause: String) {
        self.kind = kind
        self.cause = cause
    }
}
