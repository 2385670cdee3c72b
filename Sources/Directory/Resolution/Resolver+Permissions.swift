internal import MailModel

extension Resolver {
    /// Whether the directory gives the address to the user, to an alias that leads to the user
    /// alone, or to a group of the user's that lets its members send. Decided by the same match
    /// as delivery, so that an address never has two owners. A catch-all gives nobody an address.
    func maySend(
        as address: EmailAddress, _ account: Account
    ) async throws(DirectoryFault) -> Bool {
        guard let domain = try await domain(named: address.domain),
            let match = try await match(address, in: domain, depth: 0), !match.rank.isCatchAll
        else { return false }
        switch match.kind {
        case .user: return match.entry[map.uniqueID].first.flatMap { AccountID($0) } == account.id
        case .alias:
            let targets = reader.forwarding(of: match.entry)
            let own = Set(account.addresses.map(\.caseFolded))
            return targets.count == 1 && own.contains(targets[0].caseFolded)
        case .group:
            guard reader.isTrue(match.entry, map.group.membersMaySend) else { return false }
            var visited: Set<String> = []
            return try await isMember(account, of: [match.entry], &visited, depth: 0)
        case .other: return false
        }
    }

    /// Whether the directory lets the actor act as the target. The server compares the names.
    func mayAct(
        as target: Account, by actor: Account
    ) async throws(DirectoryFault) -> Bool {
        if target.id == actor.id { return true }
        guard let attribute = map.user.actsAs else { return false }
        return try await !search(
            SearchRequest(entry: actor.dn, filter: .equal(attribute, target.dn), attributes: [])
        ).isEmpty
    }

    /// Level by level, each group once.
    private func isMember(
        _ account: Account, of groups: [DirectoryEntry], _ visited: inout Set<String>, depth: Int
    ) async throws(DirectoryFault) -> Bool {
        guard depth <= configuration.maximumDepth else { return false }
        var names: [String] = []
        for group in groups where visited.insert(group.dn.lowercased()).inserted {
            if try await isDirectMember(account, of: group, depth: depth) { return true }
            names += map.group.members.flatMap { group[$0] }
        }
        guard !names.isEmpty, visited.count <= configuration.maximumMembers else { return false }
        let nested = try await entries(named: names, depth: depth)
            .filter { reader.kind(of: $0) == .group }
        guard !nested.isEmpty else { return false }
        return try await isMember(account, of: nested, &visited, depth: depth + 1)
    }

    /// By name, by address, or by a dynamic group's search; the server compares names and filters.
    private func isDirectMember(
        _ account: Account, of group: DirectoryEntry, depth: Int
    ) async throws(DirectoryFault) -> Bool {
        let own = Set(account.addresses.map(\.caseFolded))
        let addresses = map.group.memberAddresses.flatMap { group[$0] }
        if addresses.contains(where: { EmailAddress($0).map { own.contains($0.caseFolded) } == true })
        {
            return true
        }
        let isNamed = LDAPFilter.or(map.group.members.map { .equal($0, account.dn) })
        if try await !search(
            SearchRequest(entry: group.dn, filter: isNamed, attributes: []), depth: depth
        ).isEmpty {
            return true
        }
        return try await isFound(account, byURLsOf: group, depth: depth)
    }

    /// Whether a search of a dynamic group finds the user.
    func isFound(
        _ account: Account, byURLsOf group: DirectoryEntry, depth: Int
    ) async throws(DirectoryFault) -> Bool {
        for text in map.group.memberURLs.flatMap({ group[$0] }) {
            guard let url = LDAPURL(text), let base = DistinguishedName(url.base),
                let name = DistinguishedName(account.dn), url.scope != .base,
                name.isWithin(base)
            else { continue }
            let found = try await search(
                SearchRequest(
                    base: url.base, scope: url.scope,
                    filter: .and([.equal(map.uniqueID, "\(account.id)"), url.filter]),
                    attributes: [], sizeLimit: 2),
                depth: depth)
            if !found.isEmpty { return true }
        }
        return false
    }
}
