extension AttributeMap {
    /// What a search for users, groups and aliases must bring.
    var recipientAttributes: [String] {
        var names = ["objectClass", uniqueID] + addresses + internationalAddresses
        names += user.logins + user.displayName + user.status.map(\.attribute) + user.forwarding
        names += [
            user.quota, user.messageQuota, user.services, user.forwards.attribute,
            user.keepCopy.attribute, user.homeServer, user.routingAddress, group.membersMaySend,
        ].compactMap(\.self)
        names += group.members + group.memberAddresses + group.memberURLs
        names += group.status.map(\.attribute)
        return Self.unique(names)
    }

    var domainAttributes: [String] {
        let names = domain.names + domain.optional + domain.status.map(\.attribute)
        return Self.unique(names)
    }

    /// Entries with any of the addresses.
    func filter(addresses wanted: [String]) -> LDAPFilter {
        .or(wanted.flatMap { address in
            attributes(for: address).map { .equal($0, address) }
        })
    }

    /// The attributes in which an address can stand.
    func attributes(for address: String) -> [String] {
        address.utf8.allSatisfy { $0 < 0x80 } ? addresses : addresses + internationalAddresses
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0.lowercased()).inserted }
    }
}

extension DomainMap {
    /// The attributes by which a domain is found.
    var names: [String] { [name] + otherNames }

    func filter(_ domain: String) -> LDAPFilter {
        otherNames.isEmpty ? .equal(name, domain) : .or(names.map { .equal($0, domain) })
    }

    func allNames(of entry: DirectoryEntry) -> [String] { names.flatMap { entry[$0] } }

    /// What a domain's entry may have beside its name and status.
    var optional: [String] {
        [
            aliasOf, catchAll, postmaster, quota, messageQuota, routingHosts, memberHosts,
            smartHosts, retrieval, retrievalNetworks, retrievers, holdTime, dkimKeys, tlsPolicy,
            maximumRecipients, maximumMessageSize, queueWeight,
        ].compactMap(\.self)
    }
}
