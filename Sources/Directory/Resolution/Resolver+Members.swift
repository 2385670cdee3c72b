extension Resolver {
    /// Names in one search for members, and searches for single members at a time.
    private static let batchSize = 64
    private static let concurrentLookUps = 8

    /// The entries of these names; those that don't exist are left out.
    ///
    /// `entryDN` (RFC 5020) finds many in one search, which OpenLDAP and 389 answer from their
    /// index of names. What that does not bring (another server, or an entry outside the base) is
    /// looked up by itself.
    func entries(
        named names: [String], depth: Int
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        var wanted: [DistinguishedName: String] = [:]
        var order: [DistinguishedName] = []
        for name in names {
            guard let parsed = DistinguishedName(name) else {
                note("\"\(name)\" is no name of an entry: left out", depth: depth)
                continue
            }
            if wanted.updateValue(name, forKey: parsed) == nil { order.append(parsed) }
        }
        var found: [DistinguishedName: DirectoryEntry] = [:]
        var rest = order[...]
        // One name alone is cheaper to read than to search for.
        while rest.count > 1 {
            let batch = rest.prefix(Self.batchSize)
            rest = rest.dropFirst(Self.batchSize)
            let entries = try await search(
                SearchRequest(
                    base: configuration.base,
                    filter: .or(batch.map { .equal("entryDN", $0.description) }),
                    attributes: configuration.recipientAttributes, sizeLimit: batch.count),
                depth: depth)
            for entry in entries {
                if let name = DistinguishedName(entry.dn) { found[name] = entry }
            }
        }
        let missing = order.filter { found[$0] == nil }
        for entry in try await lookUp(missing.map(\.description), depth: depth) {
            if let name = DistinguishedName(entry.dn) { found[name] = entry }
        }
        return order.compactMap { found[$0] }
    }

    private func lookUp(
        _ names: [String], depth: Int
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        let attributes = configuration.recipientAttributes
        var answers: [Lookup<[DirectoryEntry]>] = []
        await withTaskGroup(of: (SearchRequest, Lookup<[DirectoryEntry]>).self) { group in
            var waiting = names[...]
            func startNext() {
                guard let name = waiting.popFirst() else { return }
                let request = SearchRequest(entry: name, attributes: attributes)
                group.addTask { [source] in (request, await source.search(request)) }
            }
            for _ in 0..<Self.concurrentLookUps { startNext() }
            while let (request, answer) = await group.next() {
                trace?.note(request, answer, depth: depth)
                answers.append(answer)
                if case .unavailable = answer { waiting = [] }
                startNext()
            }
        }
        var entries: [DirectoryEntry] = []
        for answer in answers {
            switch answer {
            case .found(let found): entries += found
            case .notFound: continue
            case .unavailable(let fault): throw fault
            }
        }
        return entries
    }
}
