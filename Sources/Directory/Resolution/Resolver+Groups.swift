internal import MailModel

extension Resolver {
    /// Members by name, by address and by search. A member who is gone or disabled is left out; one
    /// who can't be served now is queued; a group that leaves nobody is refused for now, because
    /// the address exists.
    func expandGroup(
        _ entry: DirectoryEntry, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        let status = reader.status(of: entry, map.group.status)
        if let end = expansion.end(for: status, reader.addresses(of: entry).first, entry.dn) {
            return end
        }
        var served = false
        var circles = false
        let (members, addresses) = try await membersOfGroup(entry, expansion, depth: depth)
        for member in members {
            let kind = reader.kind(of: member)
            note("member \(kind.rawValue) \"\(member.dn)\"", depth: depth)
            if kind == .other || kind == .user && reader.addresses(of: member).isEmpty { continue }
            let end = try await expand(member, kind, expansion, depth: depth + 1)
            if case .circle = end { circles = true }
            served = take(end, reader.addresses(of: member).first, expansion, depth) || served
        }
        for address in addresses {
            note("member \(address)", depth: depth)
            let end = try await expand(address, expansion, depth: depth + 1)
            if case .circle = end { circles = true }
            served = take(end, address, expansion, depth) || served
        }
        if served { return .delivered }
        return circles
            ? .circle : .rejected(.groupProblem("\(entry.dn) has no member who gets mail"))
    }

    private func take(
        _ end: Expansion.End, _ address: EmailAddress?, _ expansion: Expansion, _ depth: Int
    ) -> Bool {
        switch end {
        case .delivered: return true
        case .rejected(let error) where error.isTemporary:
            guard let address else { return false }
            expansion.add(RoutedAddress(address: address, route: .unresolved))
            return true
        case .rejected(let error):
            note("left out: \(error)", depth: depth)
            return false
        case .circle, .notLocal, .elsewhere: return false
        }
    }

    private func membersOfGroup(
        _ entry: DirectoryEntry, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> ([DirectoryEntry], [EmailAddress]) {
        let names = map.group.members.flatMap { entry[$0] }
        let addresses = map.group.memberAddresses.flatMap { entry[$0] }
            .compactMap { EmailAddress($0) }
        expansion.members += names.count + addresses.count
        try checkLimits(expansion, depth: depth, entry.dn)
        var members = try await faulting { () async throws(DirectoryFault) in
            try await entries(named: names, depth: depth)
        }
        for url in map.group.memberURLs.flatMap({ entry[$0] }) {
            let found = try await faulting { () async throws(DirectoryFault) in
                try await entries(of: url, in: entry.dn, depth: depth)
            }
            expansion.members += found.count
            try checkLimits(expansion, depth: depth, entry.dn)
            members += found
        }
        return (members, addresses)
    }

    /// The entries that a dynamic group's URL finds.
    func entries(
        of url: String, in group: String, depth: Int
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        guard let url = LDAPURL(url) else {
            throw DirectoryFault(.misconfigured, "\(group): \"\(url)\" is no LDAP URL")
        }
        return try await search(
            SearchRequest(
                base: url.base, scope: url.scope, filter: url.filter,
                attributes: configuration.recipientAttributes, sizeLimit: configuration.maximumMembers),
            depth: depth)
    }
}
