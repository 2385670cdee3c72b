package import Directory
package import Transport

/// The queue, as hosts see it that fetch the mail of their domains. Whether they may is decided
/// before. Names of domains are in lower case.
package protocol MailRetrieval: Sendable {
    /// Sends what waits for the domain (and those below it) to its host, now (ETRN, RFC 1985).
    func start(_ domain: String, includingSubdomains: Bool) async -> WaitingMail

    /// What a `deliver` would find.
    func waiting(for domains: [String]) async -> WaitingMail

    /// Sends what waits for the domains over the connection that their host has opened, whose turn it
    /// is to greet (ATRN, RFC 2645). Returns when nothing is left to be done on the connection, which
    /// is closed then.
    ///
    /// - Parameter account: who has logged in, for the log.
    func deliver(over connection: Connection, domains: [String], account: Account) async
}

/// What there is for a host that asks.
package enum WaitingMail: Sendable, Equatable {
    case none
    case messages(Int)
    /// It is being sent already.
    case underWay
    case unavailable(cause: String)
}

extension WaitingMail: CustomStringConvertible {
    package var description: String {
        switch self {
        case .none: "no messages"
        case .messages(let count): "\(count) messages"
        case .underWay: "being sent already"
        case .unavailable(let cause): cause
        }
    }
}
