internal import MailModel

extension Resolver {
    func domain(
        named name: String, depth: Int = 0
    ) async throws(DirectoryFault) -> MailDomain? {
        let lookup =
            if let cachedDomains { await cachedDomains(name) } else { await lookUpDomain(name) }
        switch lookup {
        case .found(let domain): return domain
        case .notFound: return nil
        case .unavailable(let fault): throw fault
        }
    }

    /// The domain of this name, an alias too.
    func lookUpDomain(_ name: String) async -> Lookup<MailDomain> {
        let name = name.lowercased()
        do throws(DirectoryFault) {
            guard let entry = try await domainEntry(name) else {
                try await checkPopulated(.domain, depth: 0)
                note("\(name) is no domain of the directory", depth: 0)
                return .notFound
            }
            landmarks[.domain] = entry.dn
            var domain = reader.domain(named: name, entry)
            if let target = domain.aliasOf {
                domain.inherit(from: try await aliasTarget(target, of: entry))
            }
            note(Self.describe(domain), depth: 0)
            return .found(domain.leavingOut(configuration.localHosts))
        } catch {
            return .unavailable(error)
        }
    }

    private func domainEntry(_ name: String) async throws(DirectoryFault) -> DirectoryEntry? {
        let entries = try await search(
            SearchRequest(
                base: configuration.base, filter: map.domain.filter(name),
                attributes: map.domainAttributes, sizeLimit: 10))
        guard entries.count <= 1 else {
            throw DirectoryFault(
                .ambiguous, "domain \(name) is in more than one entry: \(Self.list(entries))")
        }
        return entries.first
    }

    /// One step only: an alias of an alias is a mistake, and might be a circle.
    private func aliasTarget(
        _ name: String, of alias: DirectoryEntry
    ) async throws(DirectoryFault) -> MailDomain {
        if map.domain.allNames(of: alias).contains(where: { $0.lowercased() == name }) {
            return reader.domain(named: name, alias)
        }
        guard let entry = try await domainEntry(name) else {
            throw DirectoryFault(
                .misconfigured, "\(alias.dn) is an alias of \(name), which is no domain")
        }
        let domain = reader.domain(named: name, entry)
        guard domain.aliasOf == nil else {
            throw DirectoryFault(
                .misconfigured, "\(alias.dn) is an alias of \(name), which is an alias, too")
        }
        return domain
    }

    /// - Throws: `misconfigured` when the directory holds nothing of the kind at all: then its
    ///   "not found" says nothing of the one asked for. An emptied directory must not bounce mail.
    func checkPopulated(_ kind: Landmarks.Kind, depth: Int) async throws(DirectoryFault) {
        if let known = landmarks[kind] {
            let request = SearchRequest(entry: known, attributes: [])
            if try await !search(request, depth: depth).isEmpty { return }
        }
        let classes =
            switch kind {
            case .domain: map.domain.classes
            case .user: map.user.classes
            }
        let request = SearchRequest(
            base: configuration.base,
            filter: kind == .domain && classes.isEmpty
                ? .present(map.domain.name) : .or(classes.map { .equal("objectClass", $0) }),
            attributes: [], sizeLimit: 1)
        do throws(DirectoryFault) {
            if let entry = try await search(request, depth: depth).first {
                landmarks[kind] = entry.dn
                return
            }
        } catch {
            // More than one is as good as one.
            if error.kind == .truncated { return }
            throw error
        }
        throw DirectoryFault(
            .missingBase,
            "there is no \(kind) at all below \(configuration.base): an empty directory is not "
                + "believed")
    }

    static func list(_ entries: [DirectoryEntry]) -> String {
        entries.map { "\"\($0.dn)\"" }.joined(separator: " and ")
    }

    private static func describe(_ domain: MailDomain) -> String {
        var text = "\(domain.name) is a domain of the directory, \(domain.status.rawValue)"
        if let target = domain.aliasOf { text += ", alias of \(target)" }
        if let address = domain.catchAll { text += ", catch-all \(address)" }
        return text
    }
}
