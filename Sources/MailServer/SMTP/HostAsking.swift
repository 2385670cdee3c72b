package import MailModel

/// Asks the hosts of a distributed domain which of them has an address.
package protocol HostAsking: Sendable {
    /// - Parameter hosts: in the order in which they are to be asked; not empty.
    func ask(_ address: EmailAddress, _ hosts: [NextHop]) async -> HostAnswer
}

package enum HostAnswer: Sendable, Equatable {
    /// This one has it.
    case knows(NextHop)
    /// All have answered, and none has it.
    case nobody
    /// None of those that answered has it, and not all did.
    case unavailable(cause: String)
}
