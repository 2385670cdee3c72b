internal import MailModel

/// What the attribute map lets the values of an attribute be. A directory server checks syntax;
/// these are the meanings that it can't know.
struct AttributeRules {
    private enum Rule {
        case address
        /// An address, or `@domain` for all that is unknown there.
        case ownAddress
        case domainName
        case bytes(QuotaUnit)
        case count
        case status(Set<String>)
        case service
        case entryName
    }

    private var rules: [String: Rule] = [:]

    init(_ map: AttributeMap) {
        set(map.addresses + map.internationalAddresses, .ownAddress)
        set(map.user.forwarding + map.group.memberAddresses, .address)
        set([map.domain.catchAll, map.domain.postmaster], .address)
        set([map.domain.name, map.domain.aliasOf], .domainName)
        set([map.user.quota], .bytes(map.user.quotaUnit))
        set([map.domain.quota], .bytes(map.domain.quotaUnit))
        set([map.user.messageQuota, map.domain.messageQuota], .count)
        set([map.user.services], .service)
        set(map.group.members + [map.user.actsAs].compactMap(\.self), .entryName)
        for status in map.user.status + map.group.status + map.domain.status {
            set([status.attribute], .status(Set(status.values.keys)))
        }
    }

    private mutating func set(_ names: [String?], _ rule: Rule) {
        for name in names.compactMap(\.self) { rules[name.lowercased()] = rule }
    }

    /// What is wrong with the values of an attribute: each bad one's index, and what would be right.
    func problems(_ attribute: DirectoryAttribute) -> [(index: Int, text: String)] {
        guard let rule = rules[attribute.name.lowercased()] else { return [] }
        return attribute.strings.enumerated().compactMap { index, value in
            expectation(rule, value).map {
                (index, "\(attribute.name) is “\(value)”: expected \($0)")
            }
        }
    }

    /// Nil when the value is good.
    private func expectation(_ rule: Rule, _ value: String) -> String? {
        switch rule {
        case .address:
            return EmailAddress(value) == nil ? "an address, as in local@example.org" : nil
        case .ownAddress:
            let isCatchAll = value.hasPrefix("@") && EmailAddress("x" + value) != nil
            return isCatchAll || EmailAddress(value) != nil
                ? nil : "an address, as in local@example.org, or @example.org for all unknown ones"
        case .domainName:
            return EmailAddress("x@" + value) == nil || value.hasPrefix("[")
                ? "a domain name, as in example.org" : nil
        case .bytes(let unit):
            return value == "-1" || QuotaText.parse(value, unit: unit) != nil
                ? nil : "a size, as in 1073741824, 500M or 2G (0 for no limit)"
        case .count:
            return value == "-1" || QuotaText.parse(value, unit: .bytes) != nil
                ? nil : "a whole number (0 for no limit)"
        case .status(let known):
            return known.contains(value.lowercased())
                ? nil : "one of " + known.sorted().joined(separator: ", ")
        case .service:
            let names = Service.allCases.map(\.rawValue) + ["none"]
            return names.contains(value.lowercased())
                ? nil : "one of " + names.joined(separator: ", ")
        case .entryName:
            return DistinguishedName(value) == nil ? "the name of an entry" : nil
        }
    }
}
