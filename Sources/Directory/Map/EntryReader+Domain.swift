internal import MailModel

extension EntryReader {
    /// The domain in an entry, for one of its names.
    func domain(named name: String, _ entry: DirectoryEntry) -> MailDomain {
        let names = entry[map.domain.name].map { $0.lowercased() }.sorted()
        let ownNames = Self.domainNames(inName: entry.dn)
        let canonical = names.first { ownNames.contains($0) } ?? names.first ?? name
        let target = map.domain.aliasOf.flatMap { entry[$0].first }?.lowercased()
            // Found by another attribute's name: an alias.
            ?? (canonical == name ? nil : canonical)
        var domain = MailDomain(
            name: name, dn: entry.dn, status: status(of: entry, map.domain.status),
            aliasOf: target == name ? nil : target,
            catchAll: address(entry, map.domain.catchAll),
            postmaster: address(entry, map.domain.postmaster),
            defaultQuota: quota(
                entry, map.domain.quota, map.domain.messageQuota, unit: map.domain.quotaUnit,
                default: .unlimited))
        domain.routingHosts = hosts(entry, map.domain.routingHosts)
        domain.memberHosts = hosts(entry, map.domain.memberHosts)
        domain.smartHosts = hosts(entry, map.domain.smartHosts)
        domain.retrieval = retrieval(of: entry)
        domain.dkimKeys = values(entry, map.domain.dkimKeys).sorted()
        domain.tlsPolicy = values(entry, map.domain.tlsPolicy).first?.lowercased()
        // The same rules as a quota's: none, 0 or what can't be read is no limit.
        let limits = quota(
            entry, map.domain.maximumMessageSize, map.domain.maximumRecipients, unit: .bytes,
            default: .unlimited)
        domain.maximumMessageSize = limits.bytes
        domain.maximumRecipients = limits.messages.map { Int($0) }
        domain.queueWeight = values(entry, map.domain.queueWeight).first.flatMap { Int($0) }
            .flatMap { MailDomain.queueWeights.contains($0) ? $0 : nil }
        return domain
    }

    private func hosts(_ entry: DirectoryEntry, _ attribute: String?) -> HostList {
        HostList(values(entry, attribute))
    }

    private func retrieval(of entry: DirectoryEntry) -> Retrieval? {
        let ways = values(entry, map.domain.retrieval)
        guard !ways.isEmpty else { return nil }
        return Retrieval(
            dn: entry.dn,
            ways: Set(ways.compactMap { Retrieval.Way(rawValue: $0.lowercased()) }),
            networks: values(entry, map.domain.retrievalNetworks).compactMap { IPNetwork($0) },
            retrievers: values(entry, map.domain.retrievers),
            holdTime: values(entry, map.domain.holdTime).first.flatMap { Duration(text: $0) })
    }

    private func values(_ entry: DirectoryEntry, _ attribute: String?) -> [String] {
        attribute.map { entry[$0] } ?? []
    }

    /// The domains that a name can stand for: `ou=example.org,…` and `dc=example,dc=org`. Domain
    /// names need no escapes.
    private static func domainNames(inName dn: String) -> [String] {
        let levels = dn.lowercased().split(separator: ",").map { $0.split(separator: "=") }
        let components = levels.prefix { $0.count == 2 && $0[0].trimmed == "dc" }
        return [levels.first?.last.map { String($0.trimmed) }].compactMap(\.self)
            + [components.map { String($0[1].trimmed) }.joined(separator: ".")]
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        drop { $0 == " " }.prefix { $0 != " " }
    }
}
