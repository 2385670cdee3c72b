extension LDIFLine {
    /// The "-" that ends one modification of a modify record.
    init(separatorAt number: Int) {
        self.number = number
        name = "-"
        value = []
    }

    var isSeparator: Bool { name == "-" }
}

extension LDIFRecord {
    /// ldif-attrval-record = dn-spec SEP 1*attrval-spec
    /// ldif-change-record = dn-spec SEP *control changerecord
    init(lines: ArraySlice<LDIFLine>) throws(LDIFError) {
        let first = lines[lines.startIndex]
        guard first.isNamed("dn") else {
            throw LDIFError(
                line: first.number, problem: "a record begins with 'dn:', not '\(first.name):'")
        }
        guard DistinguishedName(first.text) != nil else {
            throw LDIFError(
                line: first.number, problem: "'\(first.text)' is no distinguished name")
        }
        line = first.number
        let rest = lines.dropFirst()
        guard let second = rest.first else {
            throw LDIFError(line: first.number, problem: "a record of nothing but its name")
        }
        guard !second.isNamed("control") else {
            throw LDIFError(line: second.number, problem: "controls are not supported")
        }
        guard second.isNamed("changetype") else {
            (change, valueLines) = try Self.add(dn: first.text, rest, after: first.number)
            return
        }
        let body = rest.dropFirst()
        switch second.text.lowercased() {
        case "add":
            (change, valueLines) = try Self.add(dn: first.text, body, after: second.number)
        case "delete":
            if let extra = body.first {
                throw LDIFError(
                    line: extra.number, problem: "nothing may follow 'changetype: delete'")
            }
            (change, valueLines) = (.delete(dn: first.text), [])
        case "modify":
            (change, valueLines) = try Self.modify(dn: first.text, body, after: second.number)
        case "modrdn", "moddn":
            change = try Self.rename(dn: first.text, body, after: second.number)
            valueLines = []
        default:
            throw LDIFError(
                line: second.number,
                problem: "changetype '\(second.text)'; known are add, modify, delete, modrdn")
        }
    }

    private static func add(
        dn: String, _ lines: ArraySlice<LDIFLine>, after line: Int
    ) throws(LDIFError) -> (DirectoryChange, [Int]) {
        guard !lines.isEmpty else { throw LDIFError(line: line, problem: "no attributes") }
        var attributes: [DirectoryAttribute] = []
        var places: [[Int]] = []
        var indexes: [String: Int] = [:]
        for line in lines {
            guard !line.isSeparator else {
                throw LDIFError(line: line.number, problem: "'-' outside a modify")
            }
            guard !line.isNamed("dn") else {
                throw LDIFError(
                    line: line.number, problem: "a second 'dn:'; an empty line is missing before it")
            }
            let key = line.name.lowercased()
            if let index = indexes[key] {
                attributes[index].values.append(line.value)
                places[index].append(line.number)
            } else {
                indexes[key] = attributes.count
                attributes.append(DirectoryAttribute(line.name, values: [line.value]))
                places.append([line.number])
            }
        }
        return (.add(dn: dn, attributes: attributes), places.flatMap(\.self))
    }

    /// change-modify = *mod-spec
    /// mod-spec = ("add:" / "delete:" / "replace:") FILL AttributeDescription SEP
    ///            *attrval-spec "-" SEP
    private static func modify(
        dn: String, _ lines: ArraySlice<LDIFLine>, after line: Int
    ) throws(LDIFError) -> (DirectoryChange, [Int]) {
        var modifications: [DirectoryChange.Modification] = []
        var places: [Int] = []
        var rest = lines
        while let head = rest.popFirst() {
            guard let kind = kinds[head.name.lowercased()], LDAPFilter.isAttributeName(head.text)
            else {
                throw LDIFError(
                    line: head.number,
                    problem: "'\(head.name): \(head.text)' where 'add: attribute', "
                        + "'delete: attribute' or 'replace: attribute' is expected")
            }
            var values: [[UInt8]] = []
            while let line = rest.popFirst(), !line.isSeparator {
                guard line.isNamed(head.text) else {
                    throw LDIFError(
                        line: line.number,
                        problem: "'\(line.name)' in a change of '\(head.text)'; is a '-' missing?")
                }
                values.append(line.value)
            }
            guard !values.isEmpty || kind == .delete || kind == .replace else {
                throw LDIFError(line: head.number, problem: "no values to add")
            }
            modifications.append(.init(kind, DirectoryAttribute(head.text, values: values)))
            places.append(head.number)
        }
        guard !modifications.isEmpty else {
            throw LDIFError(line: line, problem: "a modify without changes")
        }
        return (.modify(dn: dn, modifications: modifications), places)
    }

    private static let kinds: [String: DirectoryChange.Modification.Kind] = [
        "add": .add, "delete": .delete, "replace": .replace, "increment": .increment,
    ]

    /// change-moddn = "newrdn:" … SEP "deleteoldrdn:" FILL ("0" / "1") SEP
    ///                0*1("newsuperior:" … SEP)
    private static func rename(
        dn: String, _ lines: ArraySlice<LDIFLine>, after line: Int
    ) throws(LDIFError) -> DirectoryChange {
        var rest = lines
        guard let newRDN = rest.popFirst(), newRDN.isNamed("newrdn"),
            DistinguishedName(newRDN.text) != nil, !newRDN.value.isEmpty
        else { throw LDIFError(line: line, problem: "modrdn without a valid 'newrdn:'") }
        guard let flag = rest.popFirst(), flag.isNamed("deleteoldrdn"),
            flag.text == "0" || flag.text == "1"
        else {
            throw LDIFError(line: newRDN.number, problem: "'deleteoldrdn: 0' or ': 1' is missing")
        }
        let superior = rest.popFirst()
        if let superior, !superior.isNamed("newsuperior") || DistinguishedName(superior.text) == nil {
            throw LDIFError(line: superior.number, problem: "only a 'newsuperior:' may follow")
        }
        if let extra = rest.first {
            throw LDIFError(line: extra.number, problem: "nothing may follow 'newsuperior:'")
        }
        return .rename(
            dn: dn, newRDN: newRDN.text, deletesOldRDN: flag.text == "1",
            newSuperior: superior?.text)
    }
}
