package import MailModel

/// HOLDFOR= and HOLDUNTIL= of MAIL (RFC 4865 section 4): when the message is to leave.
package enum FutureRelease: Sendable, Equatable {
    /// So many seconds from now, 1 to 999,999,999.
    case after(seconds: Int)
    case at(Timestamp)
}

/// BY= of MAIL (RFC 2852 section 4): until when the message is to be delivered.
package struct DeliverByRequest: Sendable, Equatable {
    /// From now, -999,999,999 to 999,999,999; more than 0 in mode `return`.
    package var seconds: Int
    package var mode: DeliverBy.Mode
    package var isTraced: Bool

    package init(seconds: Int, mode: DeliverBy.Mode, isTraced: Bool) {
        self.seconds = seconds
        self.mode = mode
        self.isTraced = isTraced
    }
}

/// What ETRN names (RFC 1985 section 5.2). Names are in lower case.
package enum QueueNode: Sendable, Equatable, CustomStringConvertible {
    case domain(String)
    /// `@example.org`: the domain and those below it.
    case subdomains(of: String)
    /// `#name`: a queue that the server has given a name.
    case queue(String)

    package var description: String {
        switch self {
        case .domain(let name): name
        case .subdomains(let name): "@\(name)"
        case .queue(let name): "#\(name)"
        }
    }
}
