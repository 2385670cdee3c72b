/// How a server has proved who it is.
package enum VerifiedPeer: Sendable, Hashable, CustomStringConvertible {
    /// Not at all.
    case none
    /// By a chain to one of our authorities, for this name.
    case pkix(name: String)
    /// By a TLSA record of this usage: 2 or 3.
    case dane(usage: UInt8)

    package var description: String {
        switch self {
        case .none: "none"
        case .pkix(let name): "pkix(\(name))"
        case .dane(let usage): "dane(\(usage))"
        }
    }
}
