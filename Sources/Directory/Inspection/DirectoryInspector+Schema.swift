extension DirectoryInspector {
    /// Whether the schema has what the map names, and which preset fits it.
    func inspectSchema() async throws(DirectoryFault) -> [Finding] {
        let (name, schema) = try await Subschema.read(source)
        guard let schema else {
            return [
                Finding(
                    .hint, name, "the schema is not readable, so names are not checked",
                    whatToDo: "let the reader read \(name)")
            ]
        }
        let known = Self.names(in: schema["objectClasses"] + schema["attributeTypes"])
        return inspectMap(known) + inspectPreset(known)
    }

    private func inspectMap(_ known: Set<String>) -> [Finding] {
        var findings: [Finding] = []
        func require(_ names: [String], _ role: String) {
            guard !names.contains(where: { known.contains($0.lowercased()) }) else { return }
            findings.append(
                Finding(
                    .error, role, "the directory's schema has none of \(names)",
                    whatToDo: "load the schema that has them, or set directory.preset to one that fits"))
        }
        require(map.user.classes, "object class of users")
        require(map.domain.classes, "object class of domains")
        require([map.domain.name], "name of domains")
        require(map.addresses, "addresses")
        require(map.user.logins, "logins")
        let optional = [
            map.user.quota, map.user.messageQuota, map.user.services, map.user.actsAs,
            map.group.membersMaySend,
        ].compactMap(\.self) + map.domain.optional + map.user.status.map(\.attribute)
        let missing = optional.filter { !known.contains($0.lowercased()) }
        if !missing.isEmpty {
            findings.append(
                Finding(
                    .warning, "attribute map \(map.name)",
                    "the directory's schema lacks \(missing.joined(separator: ", "))",
                    whatToDo: "load schema/martlet, or set directory.preset: default"))
        }
        return findings
    }

    private func inspectPreset(_ known: Set<String>) -> [Finding] {
        let better: (schema: String, preset: String)? =
            known.contains("martletuser")
            ? ("schema/martlet", "martlet")
            : known.contains("inetmailuser") ? ("the schema of a Sun messaging server", "sun") : nil
        guard let better, map.name == AttributeMap.stock.name else {
            return [Finding(.ok, "attribute map", map.name)]
        }
        return [
            Finding(
                .hint, "attribute map", "the directory has \(better.schema), but the map is default",
                whatToDo: "set directory.preset: \(better.preset), or its attributes count for nothing")
        ]
    }

    /// The NAMEs of definitions (RFC 4512 section 4.1): `NAME 'a'` or `NAME ( 'a' 'b' )`.
    static func names(in definitions: [String]) -> Set<String> {
        var names: Set<String> = []
        for definition in definitions {
            guard let start = definition.firstRange(of: " NAME ") else { continue }
            var rest = definition[start.upperBound...]
            if rest.first == "(" { rest = rest.prefix { $0 != ")" } }
            let isOne = rest.first == "'"
            let quoted = rest.split(separator: "'", omittingEmptySubsequences: false)
            for index in stride(from: 1, to: quoted.count, by: 2) {
                names.insert(quoted[index].lowercased())
                if isOne { break }
            }
        }
        return names
    }
}
