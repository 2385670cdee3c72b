internal import MailModel

/// Where some recipients of a message go now. Recipients of one plan share a transaction.
struct RoutePlan: Hashable, Sendable {
    enum Way: Hashable, Sendable {
        /// In this order, none of them by its MX records.
        case hops([NextHop])
        /// The MX hosts of this domain.
        case exchangers(String)
    }

    var way: Way
    /// What TLS policies are about: the domain of the addresses.
    var domain: String
    /// The level that the directory or the configuration names.
    var tls: TLSLevel
    /// Its hosts come and go: how long mail may wait for them.
    var holdTime: Duration?

    /// The hosts are those that the recipient's domain has published.
    var isPublished: Bool { if case .exchangers = way { true } else { false } }
}

extension RoutePlan: CustomStringConvertible {
    var description: String {
        switch way {
        case .hops(let hops): hops.map(\.description).joined(separator: ", ")
        case .exchangers(let domain): "MX of \(domain)"
        }
    }
}
