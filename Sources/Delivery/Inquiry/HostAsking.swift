package import MailModel

/// Asks the hosts of a distributed domain which of them has an address.
package protocol HostAsking: Sendable {
    /// - Parameters:
    ///   - hosts: in the order in which they are to be asked; not empty.
    ///   - client: the address, in text, of the host on whose behalf it is asked; nil: our own. One
    ///     of the hosts gets `.nobody`: it wants to know of this server, and two that asked each
    ///     other would wait for each other.
    func ask(_ address: EmailAddress, _ hosts: [NextHop], for client: String?) async -> HostAnswer
}

package enum HostAnswer: Sendable, Equatable {
    /// This one has it.
    case knows(NextHop)
    /// All have answered, and none has it.
    case nobody
    /// None of those that answered has it, and not all did.
    case unavailable(cause: String)
}

extension MailError {
    /// What is said of an address that nobody has (RFC 3463 X.1.1).
    package static func unknown(to hosts: [NextHop]) -> MailError {
        MailError(550, .init(5, 1, 1), "User unknown", cause: "unknown to \(hosts.text)")
    }

    /// RFC 3463 X.4.1: no answer from host.
    package static func unanswered(_ cause: String) -> MailError {
        MailError(
            451, .init(4, 4, 1), "Recipient can't be verified now, try again later", cause: cause)
    }
}

extension [NextHop] {
    var text: String { map(\.description).joined(separator: ", ") }
}
