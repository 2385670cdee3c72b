internal import MailModel

/// Reads LDIF records one after the other and remembers who claims which address and login, so that what the
/// directory would not notice is found before anything is written.
///
/// Memory: the addresses, logins and names in the files, not their records.
struct ProvisioningReview {
    struct Claim {
        var record: ProvisioningRecord.Place
        var dn: String
        var name: DistinguishedName?
    }

    let map: AttributeMap
    private let rules: AttributeRules
    /// Nil when the directory's schema can't be read.
    private(set) var schema: SchemaReview?
    private(set) var problems: [ProvisioningProblem] = []

    /// Addresses that the files give to an entry, as the directory writes them.
    private(set) var addresses: [String: Claim] = [:]
    /// Logins beside them: a login that two entries have is nobody's.
    private(set) var logins: [String: Claim] = [:]
    /// Domains that the files declare.
    private(set) var domains: [String: Claim] = [:]
    /// The first use of each domain.
    private(set) var usedDomains: [String: Claim] = [:]
    /// Entries that the files add, with their places; parents that they need.
    private(set) var added: [DistinguishedName: Claim] = [:]
    private(set) var parents: [DistinguishedName: Claim] = [:]
    /// Entries that the files change or delete and do not add: the directory must have them.
    private(set) var changed: [DistinguishedName: Claim] = [:]
    /// Addresses and logins that the files take away from an entry, and entries that they delete.
    private var released: [String: Set<DistinguishedName>] = [:]
    private var deleted: Set<DistinguishedName> = []
    /// After a renaming, names are the directory's to judge.
    private var hasRenamings = false

    init(map: AttributeMap, schema: DirectorySchema? = nil) {
        self.map = map
        self.schema = schema.map { SchemaReview($0) }
        rules = AttributeRules(map)
    }

    mutating func add(_ record: ProvisioningRecord) {
        let name = DistinguishedName(record.change.dn)
        if name == nil { problems.append(ProvisioningProblem(record, "is not a distinguished name")) }
        problems += schema?.problems(record, name) ?? []
        switch record.change {
        case .add(let dn, let attributes):
            if let name { addEntry(record, name) }
            let entry = DirectoryEntry(dn: dn, attributes: attributes)
            if !entry.has("objectClass") {
                problems.append(ProvisioningProblem(record, "has no objectClass"))
            }
            var value = 0
            for attribute in attributes {
                let lines = record.valueLines.dropFirst(value).prefix(attribute.values.count)
                claim(attribute, record, name, lines: Array(lines))
                value += attribute.values.count
            }
        case .modify(_, let modifications, _):
            if let name { changeEntry(record, name) }
            for (index, modification) in modifications.enumerated() {
                switch modification.kind {
                case .add, .replace:
                    let line = record.valueLines.dropFirst(index).first
                    claim(
                        modification.attribute, record, name,
                        lines: modification.attribute.values.map { _ in line ?? record.place.line })
                case .delete: release(modification.attribute, name)
                case .increment: break
                }
            }
        case .delete:
            if let name {
                changeEntry(record, name)
                deleted.insert(name)
            }
        case .rename:
            if let name { changeEntry(record, name) }
            hasRenamings = true
        }
    }

    /// Whether the files free an address or a login that the directory still gives to the entry `dn`.
    func isReleased(_ value: String, from dn: String) -> Bool {
        guard let name = DistinguishedName(dn) else { return false }
        return deleted.contains(name) || released[value.lowercased()]?.contains(name) ?? false
    }

    /// Entries whose changes are to be held against the classes that they have in the directory.
    var namesToFit: [DistinguishedName] { hasRenamings ? [] : schema?.namesToFit ?? [] }

    mutating func fit(_ name: DistinguishedName, classes: [String]) {
        problems += schema?.problems(name, classes: classes) ?? []
    }

    func isDeleted(_ name: DistinguishedName) -> Bool { deleted.contains(name) }

    mutating func report(_ claim: Claim, _ text: String) {
        problems.append(
            ProvisioningProblem(
                file: claim.record.file, line: claim.record.line, dn: claim.dn, text: text))
    }

    mutating func report(_ problem: ProvisioningProblem) { problems.append(problem) }

    private mutating func addEntry(_ record: ProvisioningRecord, _ name: DistinguishedName) {
        let claim = Claim(record: record.place, dn: record.change.dn, name: name)
        if let earlier = added[name] {
            problems.append(ProvisioningProblem(record, "is added twice, first at \(earlier.record)"))
        }
        if let parent = name.parent, added[parent] == nil, parents[parent] == nil {
            parents[parent] = claim
        }
        added[name] = claim
    }

    private mutating func changeEntry(_ record: ProvisioningRecord, _ name: DistinguishedName) {
        guard !hasRenamings, added[name] == nil, changed[name] == nil else { return }
        changed[name] = Claim(record: record.place, dn: record.change.dn, name: name)
    }

    private mutating func claim(
        _ attribute: DirectoryAttribute, _ record: ProvisioningRecord, _ name: DistinguishedName?,
        lines: [Int]
    ) {
        let bad = rules.problems(attribute)
        for (index, text) in bad {
            problems.append(ProvisioningProblem(record, line: lines.dropFirst(index).first, text))
        }
        for (index, value) in attribute.strings.enumerated()
        where !bad.contains(where: { $0.index == index }) {
            var claim = Claim(record: record.place, dn: record.change.dn, name: name)
            claim.record.line = lines.dropFirst(index).first ?? claim.record.line
            if isOneOf(map.addresses + map.internationalAddresses, attribute.name) {
                claimAddress(value.lowercased(), claim)
            } else if isOneOf(map.user.logins, attribute.name) {
                claimLogin(value.lowercased(), claim)
            } else if isOneOf(map.domain.names, attribute.name) {
                claimDomain(value.lowercased(), claim)
            }
        }
    }

    private mutating func claimAddress(_ address: String, _ claim: Claim) {
        if let earlier = addresses[address], earlier.name != claim.name {
            report(claim, "address \(address) is also given to \(earlier.dn) at \(earlier.record)")
            return
        }
        addresses[address] = claim
        if let at = address.lastIndex(of: "@") {
            let domain = String(address[address.index(after: at)...])
            if usedDomains[domain] == nil { usedDomains[domain] = claim }
        }
    }

    private mutating func claimLogin(_ login: String, _ claim: Claim) {
        if let earlier = logins[login], earlier.name != claim.name {
            report(claim, "login \(login) is also given to \(earlier.dn) at \(earlier.record)")
            return
        }
        logins[login] = claim
    }

    private mutating func claimDomain(_ domain: String, _ claim: Claim) {
        if let earlier = domains[domain], earlier.name != claim.name {
            report(claim, "domain \(domain) is also declared by \(earlier.dn) at \(earlier.record)")
            return
        }
        domains[domain] = claim
    }

    private mutating func release(_ attribute: DirectoryAttribute, _ name: DistinguishedName?) {
        let unique = map.addresses + map.internationalAddresses + map.user.logins
        guard let name, isOneOf(unique, attribute.name) else { return }
        for value in attribute.strings { released[value.lowercased(), default: []].insert(name) }
    }

    private func isOneOf(_ names: [String], _ name: String) -> Bool {
        names.contains { $0.equalsIgnoringASCIICase(name) }
    }
}
