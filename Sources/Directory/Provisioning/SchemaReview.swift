/// Holds LDIF records against the directory's schema, which the directory itself would do one by one, after
/// the first ones are loaded. Syntax of values is left to it.
struct SchemaReview {
    /// What the files give to an entry that the directory has, whose classes are not known yet.
    struct Changes {
        var classes: [String] = []
        var attributes: [Use] = []
    }

    struct Use {
        var attribute: DirectorySchema.AttributeType
        var record: ProvisioningRecord
        var line: Int?
    }

    let schema: DirectorySchema
    /// Classes of entries that the files add.
    private var added: [DistinguishedName: [String]] = [:]
    private var changes: [DistinguishedName: Changes] = [:]
    /// Entries whose classes are taken away or replaced: only the directory knows what is left.
    private var uncertain: Set<DistinguishedName> = []
    /// The same classes come again and again.
    private var shapes: [[String]: EntryShape] = [:]

    init(_ schema: DirectorySchema) { self.schema = schema }

    /// - Parameter name: of the entry; nil when it can't be read, which is told elsewhere.
    mutating func problems(
        _ record: ProvisioningRecord, _ name: DistinguishedName?
    ) -> [ProvisioningProblem] {
        switch record.change {
        case .add(_, let attributes): add(attributes, record, name)
        case .modify(_, let steps, _): modify(steps, record, name)
        case .delete, .rename: []
        }
    }

    /// Entries of the directory that the files give attributes to.
    var namesToFit: [DistinguishedName] {
        changes.compactMap { $1.attributes.isEmpty || uncertain.contains($0) ? nil : $0 }
    }

    /// What is wrong with the changes of an entry.
    /// - Parameter classes: those that it has in the directory.
    mutating func problems(_ name: DistinguishedName, classes: [String]) -> [ProvisioningProblem] {
        guard let changes = changes[name], !uncertain.contains(name) else { return [] }
        let shape = shape(classes + changes.classes)
        return changes.attributes.compactMap { use in
            shape.allows(use.attribute)
                ? nil : ProvisioningProblem(use.record, line: use.line, notAllowed(use.attribute))
        }
    }

    // MARK: Records

    private mutating func add(
        _ attributes: [DirectoryAttribute], _ record: ProvisioningRecord, _ name: DistinguishedName?
    ) -> [ProvisioningProblem] {
        var problems: [ProvisioningProblem] = []
        var classes: [String] = []
        var uses: [Use] = []
        var first = 0
        for attribute in attributes {
            let lines = Array(record.valueLines.dropFirst(first).prefix(attribute.values.count))
            first += attribute.values.count
            if isObjectClass(attribute) {
                classes += attribute.strings
                problems += unknownClasses(attribute, record, lines)
            }
            problems += use(attribute, record, lines.first, into: &uses)
        }
        if let name { added[name] = classes }
        // That is told elsewhere.
        guard !classes.isEmpty else { return problems }
        let shape = shape(classes)
        for use in uses where !shape.allows(use.attribute) {
            problems.append(ProvisioningProblem(record, line: use.line, notAllowed(use.attribute)))
        }
        guard shape.unknown.isEmpty else { return problems }
        if !shape.hasStructuralClass {
            problems.append(
                ProvisioningProblem(
                    record, "has auxiliary object classes only: add a structural one, as inetOrgPerson"))
        }
        let present = Set(
            uses.map(\.attribute.oid)
                + (name?.namingAttributes ?? []).compactMap { schema.attribute($0)?.oid })
        for (attribute, owner) in shape.required where !present.contains(attribute.oid) {
            problems.append(
                ProvisioningProblem(record, "lacks \(attribute.name), which \(owner) requires"))
        }
        return problems
    }

    private mutating func modify(
        _ steps: [DirectoryChange.Modification], _ record: ProvisioningRecord, _ name: DistinguishedName?
    ) -> [ProvisioningProblem] {
        var problems: [ProvisioningProblem] = []
        var gained = Changes()
        for (index, step) in steps.enumerated() where step.kind != .increment {
            let line = record.valueLines.dropFirst(index).first
            let gains = step.kind != .delete && !step.attribute.values.isEmpty
            if isObjectClass(step.attribute) {
                problems += unknownClasses(
                    step.attribute, record, step.attribute.values.map { _ in line ?? record.place.line })
                gained.classes += step.attribute.strings
                if step.kind != .add, let name { uncertain.insert(name) }
            } else {
                var uses: [Use] = []
                problems += use(step.attribute, record, line, into: &uses)
                if gains { gained.attributes += uses }
            }
        }
        guard let name else { return problems }
        changes[name, default: Changes()].classes += gained.classes
        changes[name]?.attributes += gained.attributes
        if let classes = added[name] {
            problems += self.problems(name, classes: classes)
            changes[name]?.attributes = []
        }
        return problems
    }

    private func use(
        _ attribute: DirectoryAttribute, _ record: ProvisioningRecord, _ line: Int?, into uses: inout [Use]
    ) -> [ProvisioningProblem] {
        guard let type = schema.attribute(attribute.name) else {
            return [
                ProvisioningProblem(
                    record, line: line,
                    "the directory's schema has no attribute \(attribute.name): load the schema that has it")
            ]
        }
        uses.append(Use(attribute: type, record: record, line: line))
        return []
    }

    private func unknownClasses(
        _ attribute: DirectoryAttribute, _ record: ProvisioningRecord, _ lines: [Int]
    ) -> [ProvisioningProblem] {
        attribute.strings.enumerated().compactMap { index, name in
            schema.objectClass(name) == nil
                ? ProvisioningProblem(
                    record, line: lines.dropFirst(index).first,
                    "the directory's schema has no object class \(name): load the schema that has it")
                : nil
        }
    }

    // MARK: Classes

    private func isObjectClass(_ attribute: DirectoryAttribute) -> Bool {
        attribute.name.equalsIgnoringASCIICase("objectClass")
    }

    private mutating func shape(_ classes: [String]) -> EntryShape {
        if let known = shapes[classes] { return known }
        let shape = EntryShape(classes, schema)
        shapes[classes] = shape
        return shape
    }

    private func notAllowed(_ attribute: DirectorySchema.AttributeType) -> String {
        let owners = schema.classes(allowing: attribute)
        let advice =
            owners.isEmpty ? "" : " (\(owners.prefix(4).joined(separator: ", ")) would allow it)"
        return "its object classes do not allow \(attribute.name)\(advice)"
    }
}
