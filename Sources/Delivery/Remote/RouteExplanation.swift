/// By which way mail to some addresses leaves: what planner, finder and decider of the delivery say of
/// it at this moment. No host was asked.
package struct RouteExplanation: Sendable, Encodable {
    package struct Host: Sendable, Encodable {
        package var name: String
        package var port: UInt16
        /// `smtp` or `lmtp`.
        package var flavour: String
        /// In the order in which they are tried.
        package var addresses: [String]
        /// What decided about TLS.
        package var rules: [String]
        /// What TLS it must have, or why it is not used.
        package var tls: String
        package var isUsable: Bool
    }

    package enum Verdict: String, Sendable, Encodable {
        /// To the hosts.
        case leaves
        /// For a host that comes for its mail itself.
        case waits
        /// Not now.
        case deferred
        /// It is returned to its sender.
        case refused
    }

    package var recipients: [String]
    /// What decided where it goes.
    package var rules: [String]
    package var hosts: [Host] = []
    package var verdict: Verdict
    /// Why it does not leave; nil when it does.
    package var reason: String?
}
