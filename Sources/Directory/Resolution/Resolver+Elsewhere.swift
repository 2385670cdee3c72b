internal import MailModel

/// Addresses of our domains that no entry here has, and that other hosts may have.
extension Resolver {
    /// To the domain's own hosts, or to whichever of several has the address. Nil when the
    /// directory's word is final: the address is unknown.
    func expandElsewhere(
        _ address: EmailAddress, in domain: MailDomain, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End? {
        guard domain.hasOtherHosts else { return nil }
        // The directory of a gateway may have no users at all. One that had some and has none now
        // has lost them, and their mail must not go to hosts that don't know them.
        if landmarks[.user] != nil {
            try await faulting { () async throws(DirectoryFault) in
                try await checkPopulated(.user, depth: depth)
            }
        }
        if !domain.memberHosts.isEmpty {
            return expandMembers(address, in: domain, expansion, depth: depth)
        }
        if domain.routingHosts.choices.isEmpty, domain.routingHosts.hasUnreadable {
            return Self.unreadable(map.domain.routingHosts, domain)
        }
        note("no entry has \(address); \(way(out: domain))", depth: depth)
        expansion.add(RoutedAddress(address: address, route: .remote(.domain)))
        return .delivered
    }

    /// Who must be asked is only told for the address that was asked for. Members of groups and
    /// targets of forwards are looked up again one by one, from the queue.
    private func expandMembers(
        _ address: EmailAddress, in domain: MailDomain, _ expansion: Expansion, depth: Int
    ) -> Expansion.End {
        let hosts = domain.memberHosts.hops
        // The others' "no" would not be the last word.
        if domain.memberHosts.hasUnreadable { return Self.unreadable(map.domain.memberHosts, domain) }
        note(
            "no entry has \(address); to be asked: \(Self.list(hosts)) "
                + "(\(map.domain.memberHosts ?? "") of \(Self.owner(domain)))", depth: depth)
        guard depth > 0 else { return .elsewhere(hosts) }
        expansion.add(RoutedAddress(address: address, route: .unresolved))
        return .delivered
    }

    private func way(out domain: MailDomain) -> String {
        if !domain.routingHosts.isEmpty {
            return "goes to \(Self.list(domain.routingHosts.hops)) "
                + "(\(map.domain.routingHosts ?? "") of \(Self.owner(domain)))"
        }
        let ways = domain.retrieval?.ways.map(\.rawValue).sorted() ?? []
        return "waits for the domain's host (\(map.domain.retrieval ?? ""): "
            + "\(ways.joined(separator: ", ")))"
    }

    private static func unreadable(_ attribute: String?, _ domain: MailDomain) -> Expansion.End {
        .rejected(
            .misconfigured("\(owner(domain)): a value of \(attribute ?? "") is no host"))
    }

    private static func owner(_ domain: MailDomain) -> String {
        domain.aliasOf ?? "\"\(domain.dn)\""
    }

    static func list(_ hosts: [NextHop]) -> String {
        hosts.map(\.description).joined(separator: ", ")
    }
}

extension MailDomain {
    /// Whether an address that the directory does not have may be good all the same.
    fileprivate var hasOtherHosts: Bool {
        !memberHosts.isEmpty || !routingHosts.isEmpty || retrieval != nil
    }
}
