internal import MailModel

/// Who may start the queue of a domain whose host is not always online.
extension Resolver {
    /// Nil when there is no such domain.
    func mayRetrieve(
        domain name: String, _ account: Account
    ) async throws(DirectoryFault) -> Bool? {
        guard let domain = try await domain(named: name) else { return nil }
        guard let attribute = map.domain.retrievers, let retrieval = domain.retrieval,
            !retrieval.retrievers.isEmpty
        else { return false }
        // The server compares the names. Most retrievers are users.
        func names(_ retrievers: [String]) async throws(DirectoryFault) -> Bool {
            try await !search(
                SearchRequest(
                    entry: retrieval.dn, filter: .or(retrievers.map { .equal(attribute, $0) }),
                    attributes: [])
            ).isEmpty
        }
        if try await names([account.dn]) { return true }
        for batch in try await groupEntries(of: account).map(\.dn).batches(of: Self.membershipBatch)
        where try await names(batch) {
            return true
        }
        return false
    }

    /// The domains and their aliases, by name.
    func retrievableDomains(by account: Account) async throws(DirectoryFault) -> [MailDomain] {
        guard let attribute = map.domain.retrievers else { return [] }
        let names = try await [account.dn] + groupEntries(of: account).map(\.dn)
        let entries = try await domainEntries(attribute, names)
        var domains = Set(entries.flatMap { $0[map.domain.name] }.map { $0.lowercased() })
        if let aliasOf = map.domain.aliasOf {
            let aliases = try await domainEntries(aliasOf, domains.sorted())
            domains.formUnion(aliases.flatMap { $0[map.domain.name] }.map { $0.lowercased() })
        }
        // An alias may have retrievers of its own.
        let allowed = Set(entries.map(\.dn))
        var found: [MailDomain] = []
        for name in domains.sorted() {
            guard let domain = try await domain(named: name),
                let retrieval = domain.retrieval, allowed.contains(retrieval.dn)
            else { continue }
            found.append(domain)
        }
        return found
    }

    /// The domains that have any of the values.
    private func domainEntries(
        _ attribute: String, _ values: [String]
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        for batch in values.batches(of: Self.membershipBatch) {
            entries += try await search(
                SearchRequest(
                    base: configuration.base,
                    filter: .and([
                        .present(map.domain.name), .or(batch.map { .equal(attribute, $0) }),
                    ]),
                    attributes: [map.domain.name]))
        }
        return entries
    }
}

extension Array {
    fileprivate func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
