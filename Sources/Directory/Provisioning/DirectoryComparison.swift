internal import MailModel

/// Holds what LDIF files would make against what the directory has.
struct DirectoryComparison {
    /// Addresses in one search, and searches in flight.
    private static let batch = 50
    private static let concurrency = 16

    let client: any DirectorySearching
    let base: String
    let map: AttributeMap
    let progress: Provisioner.Progress

    /// - Throws: `DirectoryFault` when the directory can't be asked: then nothing is known.
    func compare(_ review: inout ProvisioningReview, skippingExisting: Bool) async throws {
        try await compareDomains(&review)
        try await compareAddresses(&review)
        try await compareLogins(&review)
        try await compareEntries(&review, skippingExisting: skippingExisting)
        try await compareClasses(&review)
    }

    private func compareDomains(_ review: inout ProvisioningReview) async throws {
        let unknown = review.usedDomains.filter { review.domains[$0.key] == nil }
        let wanted = unknown.map(\.key) + review.domains.map(\.key)
        let found = try await search(
            wanted, "comparing domains", attributes: map.domain.names
        ) { .or($0.map { map.domain.filter($0) }) }
        var owners: [String: String] = [:]
        for entry in found {
            for name in map.domain.allNames(of: entry) { owners[name.lowercased()] = entry.dn }
        }
        for (domain, claim) in unknown where owners[domain] == nil {
            review.report(
                claim,
                "domain \(domain) is unknown: add an entry with \(map.domain.name): \(domain) first")
        }
        for (domain, claim) in review.domains {
            guard let owner = owners[domain], DistinguishedName(owner) != claim.name else { continue }
            review.report(claim, "domain \(domain) is already declared by \(owner)")
        }
    }

    private func compareAddresses(_ review: inout ProvisioningReview) async throws {
        let attributes = map.addresses + map.internationalAddresses
        let found = try await search(
            Array(review.addresses.keys), "comparing addresses", attributes: attributes
        ) { map.filter(addresses: $0) }
        report("address", review.addresses, found, attributes, &review)
    }

    private func compareLogins(_ review: inout ProvisioningReview) async throws {
        let attributes = map.user.logins
        let found = try await search(
            Array(review.logins.keys), "comparing logins", attributes: attributes
        ) { logins in .or(logins.flatMap { login in attributes.map { .equal($0, login) } }) }
        report("login", review.logins, found, attributes, &review)
    }

    /// What the files give to one entry and the directory to another.
    private func report(
        _ what: String, _ claims: [String: ProvisioningReview.Claim], _ found: [DirectoryEntry],
        _ attributes: [String], _ review: inout ProvisioningReview
    ) {
        for entry in found {
            for value in attributes.flatMap({ entry[$0] }) {
                guard let claim = claims[value.lowercased()],
                    DistinguishedName(entry.dn) != claim.name,
                    !review.isReleased(value, from: entry.dn)
                else { continue }
                review.report(claim, "\(what) \(value) already belongs to \(entry.dn)")
            }
        }
    }

    private func compareEntries(
        _ review: inout ProvisioningReview, skippingExisting: Bool
    ) async throws {
        var wanted: [(name: DistinguishedName, role: Role)] = []
        if !skippingExisting { wanted += review.added.keys.map { ($0, .added) } }
        wanted += review.parents.keys.filter { review.added[$0] == nil }.map { ($0, .parent) }
        wanted += review.changed.keys.map { ($0, .changed) }
        let existing = try await exists(wanted.map(\.name))
        for (entry, exists) in zip(wanted, existing) {
            switch entry.role {
            case .parent where !exists:
                guard let claim = review.parents[entry.name], claim.name != DistinguishedName(base)
                else { continue }
                review.report(claim, "its parent \(entry.name) does not exist")
            case .changed where !exists:
                guard let claim = review.changed[entry.name] else { continue }
                review.report(claim, "does not exist, so it can't be changed")
            case .added where exists && !review.isDeleted(entry.name):
                guard let claim = review.added[entry.name] else { continue }
                review.report(claim, "exists already (--skip-existing leaves it as it is)")
            case .parent, .changed, .added: continue
            }
        }
    }

    /// What the files add to entries must be allowed by their object classes.
    private func compareClasses(_ review: inout ProvisioningReview) async throws {
        let names = review.namesToFit
        let found = try await concurrently(names, "comparing object classes") { name in
            await client.search(
                SearchRequest(entry: name.description, attributes: ["objectClass"]))
        }
        for (name, entries) in zip(names, found) {
            if let entry = entries?.first { review.fit(name, classes: entry["objectClass"]) }
        }
    }

    /// What the files do with an entry.
    private enum Role { case added, changed, parent }

    // MARK: Searches

    private func search(
        _ keys: [String], _ phase: String, attributes: [String],
        filter: @Sendable @escaping ([String]) -> LDAPFilter
    ) async throws -> [DirectoryEntry] {
        let batches = stride(from: 0, to: keys.count, by: Self.batch).map {
            Array(keys[$0..<min($0 + Self.batch, keys.count)])
        }
        let found = try await concurrently(batches, phase) { batch in
            await client.search(
                SearchRequest(
                    base: base, filter: filter(batch), attributes: attributes,
                    sizeLimit: 20 * Self.batch))
        }
        return found.flatMap { $0 ?? [] }
    }

    private func exists(_ names: [DistinguishedName]) async throws -> [Bool] {
        try await concurrently(names, "comparing entries") { name in
            await client.search(SearchRequest(entry: name.description, attributes: []))
        }.map { $0 != nil }
    }

    /// Nil where nothing was found; the results are in the order of the items.
    private func concurrently<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ phase: String,
        _ ask: @Sendable @escaping (Item) async -> Lookup<Value>
    ) async throws -> [Value?] {
        var results = [Value?](repeating: nil, count: items.count)
        try await withThrowingTaskGroup(of: (Int, Lookup<Value>).self) { group in
            var next = 0
            var done = 0
            while done < items.count {
                while next < items.count, next - done < Self.concurrency {
                    group.addTask { [index = next, item = items[next]] in (index, await ask(item)) }
                    next += 1
                }
                guard let (index, answer) = try await group.next() else { break }
                done += 1
                if done % 100 == 0 { progress(phase, done, items.count) }
                switch answer {
                case .found(let value): results[index] = value
                case .notFound: break
                case .unavailable(let fault): throw fault
                }
            }
        }
        return results
    }
}
