extension DirectoryInspector {
    /// Attributes that every look-up searches by.
    private var searched: [String] {
        ["objectClass"] + map.domain.names + map.addresses + map.user.logins
    }

    /// Reads OpenLDAP's own configuration where the reader may; else measures, which can only
    /// hint.
    func inspectIndexes() async throws(DirectoryFault) -> [Finding] {
        guard case .found(let databases) = await source.search(
            SearchRequest(
                base: "cn=config", filter: .present("olcDbIndex"),
                attributes: ["olcDbIndex", "olcSuffix"]))
        else { return try await measure() }
        guard let base = DistinguishedName(configuration.base) else { return [] }
        let database = databases.first { database in
            database["olcSuffix"].contains { DistinguishedName($0).map(base.isWithin) == true }
        }
        guard let database else { return try await measure() }
        let indexed = Self.equalityIndexes(database["olcDbIndex"])
        let missing = searched.filter { !indexed.contains($0.lowercased()) }
        guard !missing.isEmpty else { return [Finding(.ok, "indexes", "equality, on all searched")] }
        return [
            Finding(
                .warning, database.dn, "no equality index on \(missing.joined(separator: ", "))",
                whatToDo: "add \"olcDbIndex: \(missing.joined(separator: ",")) eq\"")
        ]
    }

    /// `{0}mail,uid eq,pres` gives mail and uid.
    static func equalityIndexes(_ values: [String]) -> Set<String> {
        var indexed: Set<String> = []
        for value in values {
            let fields = value.split { $0 == " " || $0 == "\t" }
            guard fields.count > 1, fields[1].split(separator: ",").contains("eq"),
                var names = fields.first
            else { continue }
            if let brace = names.firstIndex(of: "}") { names = names[names.index(after: brace)...] }
            indexed.formUnion(names.split(separator: ",").map { $0.lowercased() })
        }
        return indexed
    }

    /// A search for what nobody has is quick with an index and reads every entry without one.
    private func measure() async throws(DirectoryFault) -> [Finding] {
        let clock = ContinuousClock()
        func time(_ request: SearchRequest) async throws(DirectoryFault) -> Duration {
            let start = clock.now
            _ = try await search(request)
            return start.duration(to: clock.now)
        }
        let floor = try await time(SearchRequest(entry: configuration.base, attributes: []))
        var slow: [String] = []
        for attribute in searched {
            let taken = try await time(
                SearchRequest(
                    base: configuration.base, filter: .equal(attribute, "martlet-index-probe"),
                    attributes: []))
            if taken > .milliseconds(20), taken > floor * 10 { slow.append(attribute) }
        }
        guard !slow.isEmpty else { return [Finding(.ok, "indexes", "no slow search noticed")] }
        return [
            Finding(
                .hint, "indexes", "searches are slow by \(slow.joined(separator: ", "))",
                whatToDo: "give these an equality index")
        ]
    }
}
