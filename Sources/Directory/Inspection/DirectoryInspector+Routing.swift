internal import MailModel

/// What domains say about mail that leaves.
extension DirectoryInspector {
    /// Retrievers looked up by name.
    private static let maximumRetrievers = 100

    func inspectRouting(_ entries: [DirectoryEntry]) async throws(DirectoryFault) -> [Finding] {
        var findings: [Finding] = []
        for entry in entries {
            let domain = reader.domain(named: entry[map.domain.name].first ?? "", entry)
            findings += values(of: entry) + conflicts(of: domain) + ourselves(in: domain)
            findings += retrieval(of: domain, entry) + missingKeys(of: domain)
        }
        return findings + (try await missingRetrievers(entries))
    }

    private func values(of entry: DirectoryEntry) -> [Finding] {
        let rules = AttributeRules(map)
        return entry.attributes.flatMap { rules.problems($0) }.map {
            Finding(.warning, entry.dn, $0.text, whatToDo: "correct it: it can't be used")
        }
    }

    /// Of several things that could be done with an unknown address, one is.
    private func conflicts(of domain: MailDomain) -> [Finding] {
        var others: [String] = []
        var first: String?
        for (attribute, isSet) in [
            (map.domain.catchAll, domain.catchAll != nil),
            (map.domain.memberHosts, !domain.memberHosts.isEmpty),
            (map.domain.routingHosts, !domain.routingHosts.isEmpty),
        ] where isSet {
            if first == nil { first = attribute } else { others += [attribute].compactMap(\.self) }
        }
        guard let first, !others.isEmpty else { return [] }
        return [
            Finding(
                .warning, domain.dn,
                "\(first) gets the mail to unknown addresses, so \(others.joined(separator: ", ")) "
                    + "has no effect",
                whatToDo: "remove one of them")
        ]
    }

    private func ourselves(in domain: MailDomain) -> [Finding] {
        [
            (map.domain.routingHosts, domain.routingHosts, "unknown addresses are refused here"),
            (map.domain.smartHosts, domain.smartHosts, "mail goes out from here directly"),
        ].compactMap { attribute, hosts, effect in
            let own = hosts.hops.filter { configuration.localHosts.contains($0.host) }
            guard !own.isEmpty, own.count == hosts.hops.count else { return nil }
            return Finding(
                .warning, domain.dn,
                "\(attribute ?? "") is this host itself, \(Resolver.list(own)): \(effect)",
                whatToDo: "name another host, or remove it")
        }
    }

    private func retrieval(of domain: MailDomain, _ entry: DirectoryEntry) -> [Finding] {
        guard let attribute = map.domain.retrieval else { return [] }
        guard let retrieval = domain.retrieval else {
            let idle = [map.domain.retrievers, map.domain.retrievalNetworks, map.domain.holdTime]
                .compactMap(\.self).filter { entry.has($0) }
            guard !idle.isEmpty else { return [] }
            return [
                Finding(
                    .warning, domain.dn,
                    "\(idle.joined(separator: ", ")) without \(attribute) has no effect",
                    whatToDo: "add \(attribute): etrn, atrn or probe")
            ]
        }
        var findings: [Finding] = []
        func nobody(_ way: Retrieval.Way, _ missing: [String?]) {
            findings.append(
                Finding(
                    .warning, domain.dn, "\(attribute): \(way.rawValue), but nobody may ask for it",
                    whatToDo: "add "
                        + missing.compactMap(\.self).joined(separator: " or ")))
        }
        if retrieval.ways.contains(.etrn), retrieval.networks.isEmpty, retrieval.retrievers.isEmpty {
            nobody(.etrn, [map.domain.retrievalNetworks, map.domain.retrievers])
        }
        if retrieval.ways.contains(.atrn), retrieval.retrievers.isEmpty {
            nobody(.atrn, [map.domain.retrievers])
        }
        return findings
    }

    /// A domain's key that this host lacks holds its mail.
    private func missingKeys(of domain: MailDomain) -> [Finding] {
        guard let dkimKeys else { return [] }
        return domain.dkimKeys.filter { !dkimKeys.contains($0) }.map {
            Finding(
                .error, domain.dn,
                "\(map.domain.dkimKeys ?? "")=\($0): there is no such key, so mail from the domain is deferred",
                whatToDo: "name its file under dkim.keys.\($0), or remove the value")
        }
    }

    private func missingRetrievers(
        _ entries: [DirectoryEntry]
    ) async throws(DirectoryFault) -> [Finding] {
        guard let attribute = map.domain.retrievers else { return [] }
        var findings: [Finding] = []
        let named = entries.flatMap { entry in entry[attribute].map { (entry.dn, $0) } }
        for (domain, name) in named.prefix(Self.maximumRetrievers)
        where DistinguishedName(name) != nil {
            guard try await search(SearchRequest(entry: name, attributes: [])).isEmpty
            else { continue }
            findings.append(
                Finding(
                    .warning, domain, "\(attribute): \"\(name)\" is not there",
                    whatToDo: "name a user or a group"))
        }
        return findings
    }
}
