internal import MailModel

/// Groups as identifiers of access lists (RFC 4314 section 3): found by name, and those of a user.
extension Resolver {
    /// Names in one filter.
    static let membershipBatch = 32
    /// Groups with searches of their own that a user is looked for in.
    private static let maximumDynamicGroups = 500

    /// What tells a group, without its members.
    private var groupAttributes: [String] {
        ["objectClass", map.uniqueID, Self.commonName] + map.addresses
            + map.internationalAddresses
    }

    private static let commonName = "cn"

    /// The group with this address, else the one with this `cn`.
    func group(named name: String) async throws(DirectoryFault) -> DirectoryGroup? {
        let name = name.lowercased()
        guard !name.isEmpty, name.utf8.count <= Self.maximumLoginLength, !name.utf8.contains(0)
        else { return nil }
        let filter = LDAPFilter.or([
            map.filter(addresses: [name]), .equal(Self.commonName, name),
        ])
        let found = try await groups(filter)
        let addressed = found.filter { entry in
            reader.addressValues(of: entry).contains { $0.lowercased() == name }
        }
        let named = found.filter { entry in
            entry[Self.commonName].contains { $0.lowercased() == name }
        }
        let best = addressed.isEmpty ? named : addressed
        guard best.count <= 1 else {
            throw DirectoryFault(
                .ambiguous, "group \(name) is more than one entry: \(Self.list(best))")
        }
        return best.first.flatMap(group)
    }

    func group(id: AccountID) async throws(DirectoryFault) -> DirectoryGroup? {
        try await groups(.equal(map.uniqueID, "\(id)")).first.flatMap(group)
    }

    /// The groups that the user is in, through other groups, too.
    func groups(of account: Account) async throws(DirectoryFault) -> Set<AccountID> {
        Set(try await groupEntries(of: account).compactMap { group($0)?.id })
    }

    func groupEntries(of account: Account) async throws(DirectoryFault) -> [DirectoryEntry] {
        var ids: Set<AccountID> = []
        var entries: [DirectoryEntry] = []
        var level = try await directGroups(of: account)
        for _ in 0...configuration.maximumDepth {
            let new = level.filter { entry in
                group(entry).map { ids.insert($0.id).inserted } ?? false
            }
            entries += new
            guard !new.isEmpty, ids.count <= configuration.maximumMembers else { break }
            level = try await groups(containing: new.map(\.dn))
        }
        return entries
    }

    private func directGroups(
        of account: Account
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        let byAddress = map.group.memberAddresses.flatMap { attribute in
            account.addresses.map { LDAPFilter.equal(attribute, "\($0)") }
        }
        var entries = try await groups(containing: [account.dn])
        if !byAddress.isEmpty { entries += try await groups(.or(byAddress)) }
        return try await entries + dynamicGroups(of: account)
    }

    private func dynamicGroups(
        of account: Account
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        guard !map.group.memberURLs.isEmpty else { return [] }
        let candidates = try await groups(
            .or(map.group.memberURLs.map { .present($0) }), attributes: map.group.memberURLs,
            limit: Self.maximumDynamicGroups)
        var found: [DirectoryEntry] = []
        for entry in candidates where try await isFound(account, byURLsOf: entry, depth: 0) {
            found.append(entry)
        }
        return found
    }

    private func groups(
        containing names: [String]
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        var found: [DirectoryEntry] = []
        var rest = names[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.membershipBatch)
            rest = rest.dropFirst(Self.membershipBatch)
            found += try await groups(
                .or(batch.flatMap { name in map.group.members.map { .equal($0, name) } }))
        }
        return found
    }

    private func groups(
        _ filter: LDAPFilter, attributes: [String] = [], limit: Int = 1000
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        try await search(
            SearchRequest(
                base: configuration.base, filter: filter, attributes: groupAttributes + attributes,
                sizeLimit: limit)
        ).filter { reader.kind(of: $0) == .group }
    }

    private func group(_ entry: DirectoryEntry) -> DirectoryGroup? {
        guard let id = entry[map.uniqueID].first.flatMap({ AccountID($0) }) else { return nil }
        let name = reader.addresses(of: entry).first.map { "\($0)" } ?? entry[Self.commonName].first
        return name.map { DirectoryGroup(id: id, dn: entry.dn, name: $0) }
    }
}
