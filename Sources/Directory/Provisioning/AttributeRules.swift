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
        /// In lower case.
        case oneOf(Set<String>)
        case number(ClosedRange<Int>)
        case entryName
        case host
        /// A host with a preference before it.
        case preferredHost
        case network
        case duration
    }

    private var rules: [String: Rule] = [:]

    init(_ map: AttributeMap) {
        set(map.addresses + map.internationalAddresses, .ownAddress)
        set(map.user.forwarding + map.group.memberAddresses, .address)
        set([map.domain.catchAll, map.domain.postmaster], .address)
        set(map.domain.names + [map.domain.aliasOf], .domainName)
        set([map.user.quota], .bytes(map.user.quotaUnit))
        set([map.domain.quota], .bytes(map.domain.quotaUnit))
        set([map.domain.maximumMessageSize], .bytes(.bytes))
        set(
            [map.user.messageQuota, map.domain.messageQuota, map.domain.maximumRecipients], .count)
        set([map.user.services], .oneOf(Set(Service.allCases.map(\.rawValue) + ["none"])))
        set(map.group.members + [map.user.actsAs, map.domain.retrievers], .entryName)
        set([map.user.homeServer], .host)
        set(
            [map.domain.routingHosts, map.domain.memberHosts, map.domain.smartHosts],
            .preferredHost)
        set([map.domain.retrieval], .oneOf(Set(Retrieval.Way.allCases.map(\.rawValue))))
        set([map.domain.retrievalNetworks], .network)
        set([map.domain.holdTime], .duration)
        set([map.domain.tlsPolicy], .oneOf(MailDomain.tlsPolicies))
        set([map.domain.queueWeight], .number(MailDomain.queueWeights))
        for status in map.user.status + map.group.status + map.domain.status {
            set([status.attribute], .oneOf(Set(status.values.keys)))
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
        case .oneOf(let known):
            return known.contains(value.lowercased())
                ? nil : "one of " + known.sorted().joined(separator: ", ")
        case .number(let range):
            return Int(value).map(range.contains) == true
                ? nil : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .entryName:
            return DistinguishedName(value) == nil ? "the name of an entry" : nil
        case .host:
            return NextHop(value) == nil
                ? "a host, as in mx.example.org, [2001:db8::1]:2525 or lmtp:store.example.org" : nil
        case .preferredHost:
            return HostList.Choice(value) == nil
                ? "a host, as in mx.example.org, 10 [2001:db8::1]:2525 or "
                    + "20 lmtp:store.example.org" : nil
        case .network:
            return IPNetwork(value) == nil
                ? "an address or a network, as in 192.0.2.1 or 2001:db8::/32" : nil
        case .duration:
            return Duration(text: value) == nil ? "a time, as in 12h or 30d" : nil
        }
    }
}
