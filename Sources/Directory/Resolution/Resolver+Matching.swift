internal import MailModel

/// The entry that an address belongs to.
struct AddressMatch {
    /// By what the entry was found, best first.
    enum Rank: Int, Comparable {
        case exact, aliasDomain, withoutDetail, aliasDomainWithoutDetail, catchAll
        case aliasDomainCatchAll

        static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }

        var isCatchAll: Bool { self >= .catchAll }
    }

    var entry: DirectoryEntry
    var kind: EntryReader.Kind
    var rank: Rank
    /// The value of the entry that matched.
    var value: String
}

extension Resolver {
    /// One search for every form of the address.
    /// - Throws: `ambiguous` when two entries have the form that decides.
    func match(
        _ address: EmailAddress, in domain: MailDomain, depth: Int
    ) async throws(DirectoryFault) -> AddressMatch? {
        let candidates = candidates(for: address, in: domain)
        let entries = try await search(
            SearchRequest(
                base: configuration.base, filter: map.filter(addresses: candidates.map(\.value)),
                attributes: configuration.recipientAttributes, sizeLimit: 100),
            depth: depth)
        return try best(entries, candidates, subject: "\(address)", depth: depth)
    }

    func best(
        _ entries: [DirectoryEntry], _ candidates: [(value: String, rank: AddressMatch.Rank)],
        subject: String, depth: Int
    ) throws(DirectoryFault) -> AddressMatch? {
        var found: [AddressMatch] = []
        for entry in entries {
            let kind = reader.kind(of: entry)
            guard kind != .other else {
                note("\"\(entry.dn)\" is neither user, group nor alias: ignored", depth: depth)
                continue
            }
            // The server may match more loosely (spaces) than one address is another.
            let values = reader.addressValues(of: entry)
            let candidate = candidates.first { candidate in
                values.contains { $0.isSame(asLowercase: candidate.value) }
            }
            guard let candidate else { continue }
            found.append(
                AddressMatch(
                    entry: entry, kind: kind, rank: candidate.rank, value: candidate.value))
        }
        guard let rank = found.map(\.rank).min() else { return nil }
        let best = found.filter { $0.rank == rank }
        guard best.count == 1 else {
            throw DirectoryFault(
                .ambiguous,
                "\(subject) is in more than one entry: \(Self.list(best.map(\.entry)))")
        }
        if best[0].kind == .user { landmarks[.user] = best[0].entry.dn }
        return best[0]
    }

    /// Best first, in lower case, each once.
    private func candidates(
        for address: EmailAddress, in domain: MailDomain
    ) -> [(value: String, rank: AddressMatch.Rank)] {
        let address = address.caseFolded
        let plain = address.withoutDetail(separator: configuration.subaddressSeparator)
        var candidates: [(String, AddressMatch.Rank)] = [("\(address)", .exact)]
        if let alias = domain.aliasOf {
            candidates.append(("\(address.at(domain: alias))", .aliasDomain))
        }
        if let plain {
            candidates.append(("\(plain)", .withoutDetail))
            if let alias = domain.aliasOf {
                candidates.append(("\(plain.at(domain: alias))", .aliasDomainWithoutDetail))
            }
        }
        candidates.append(("@\(domain.name)", .catchAll))
        if let alias = domain.aliasOf { candidates.append(("@\(alias)", .aliasDomainCatchAll)) }
        return candidates
    }
}
