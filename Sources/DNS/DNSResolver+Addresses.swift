extension DNSResolver {
    /// Finds the addresses of a host, of both families at the same time.
    ///
    /// Broken name servers answer one type and not the other: with addresses of one family, the
    /// other's failure counts only when it is bogus.
    package func addresses(
        of host: String, _ families: AddressFamilies
    ) async -> HostAddresses {
        guard let name = DomainName.ascii(host) else { return .none }
        async let ipv6 = addresses(families.contains(.ipv6), name, .aaaa)
        async let ipv4 = addresses(families.contains(.ipv4), name, .a)
        return await Self.join(ipv6, ipv4, of: name)
    }

    private func addresses(
        _ isWanted: Bool, _ name: String, _ type: DNSRecordType
    ) async -> DNSAnswer? {
        isWanted ? await lookUp(name, type) : nil
    }

    private static func join(
        _ ipv6: DNSAnswer?, _ ipv4: DNSAnswer?, of name: String
    ) -> HostAddresses {
        let answers = [ipv6, ipv4].compactMap(\.self)
        var lists: [[String]] = []
        var isSecure = true
        var canonicalName: String?
        var failure: DNSFault?
        for answer in answers {
            switch answer {
            case .records(let records, let isAnswerSecure, let canonical):
                lists.append(records.compactMap(RecordData.address))
                isSecure = isSecure && isAnswerSecure
                canonicalName = canonical ?? canonicalName
            case .noRecords, .noSuchName:
                continue
            case .failure(let fault) where fault.kind == .bogus:
                return .failure(fault)
            case .failure(let fault):
                failure = fault
            }
        }
        let addresses = alternating(lists)
        if !addresses.isEmpty {
            return .found(addresses, isSecure: isSecure, canonicalName: canonicalName ?? name)
        }
        return failure.map { .failure($0) } ?? .none
    }

    private static func alternating(_ lists: [[String]]) -> [String] {
        var addresses: [String] = []
        for index in 0..<(lists.map(\.count).max() ?? 0) {
            for list in lists where index < list.count { addresses.append(list[index]) }
        }
        return Array(addresses.prefix(maximumAddresses))
    }
}
