internal import MailModel

extension Resolver {
    /// Longest login, in octets: an address (RFC 5321 section 4.5.3.1).
    static let maximumLoginLength = 64 + 1 + 255

    /// The user with this login name or address. An address of an alias domain counts as the
    /// same one of its domain, unless an entry has it.
    func account(login: String) async throws(DirectoryFault) -> Account? {
        let login = login.lowercased()
        guard !login.isEmpty, login.utf8.count <= Self.maximumLoginLength,
            !login.utf8.contains(0)
        else { return nil }
        var candidates: [(value: String, rank: AddressMatch.Rank)] = [(login, .exact)]
        var filters = map.user.logins.map { LDAPFilter.equal($0, login) }
        if let address = EmailAddress(login) {
            if let canonical = try await domain(named: address.domain)?.aliasOf {
                candidates.append(("\(address.at(domain: canonical))", .aliasDomain))
            }
            filters.append(map.filter(addresses: candidates.map(\.value)))
        }
        let entries = try await search(
            SearchRequest(
                base: configuration.base, filter: .or(filters),
                attributes: configuration.recipientAttributes, sizeLimit: 100))
        guard let entry = try bestUser(entries, candidates, login: login) else {
            try await checkPopulated(.user, depth: 0)
            return nil
        }
        landmarks[.user] = entry.dn
        return try await account(entry, depth: 0)
    }

    private func bestUser(
        _ entries: [DirectoryEntry], _ candidates: [(value: String, rank: AddressMatch.Rank)],
        login: String
    ) throws(DirectoryFault) -> DirectoryEntry? {
        let users = entries.filter { reader.kind(of: $0) == .user }
        for candidate in candidates {
            let matching = users.filter { entry in
                let names = map.user.logins.flatMap { entry[$0] } + reader.addressValues(of: entry)
                return names.contains { $0.isSame(asLowercase: candidate.value) }
            }
            guard matching.count <= 1 else {
                throw DirectoryFault(
                    .ambiguous,
                    "login \(login) is in more than one entry: \(Self.list(matching))")
            }
            if let only = matching.first { return only }
        }
        return nil
    }

    /// The user with this key; looked for at `knownName` first, which needs no index.
    func account(
        id: AccountID, knownName: String?
    ) async throws(DirectoryFault) -> Account? {
        let filter = LDAPFilter.equal(map.uniqueID, "\(id)")
        let attributes = configuration.recipientAttributes
        var entry: DirectoryEntry?
        if let knownName {
            entry = try await search(
                SearchRequest(entry: knownName, filter: filter, attributes: attributes)
            ).first
        }
        if entry == nil {
            entry = try await search(
                SearchRequest(
                    base: configuration.base, filter: filter, attributes: attributes,
                    sizeLimit: 2)
            ).first
        }
        guard let entry, reader.kind(of: entry) == .user else {
            try await checkPopulated(.user, depth: 0)
            return nil
        }
        landmarks[.user] = entry.dn
        return try await account(entry, depth: 0)
    }

    /// The user of a client certificate: the entry with the subject's name, else the one with an
    /// e-mail address of the certificate. Names that lead to two users lead to none.
    func account(
        certificate subject: String, emails: [String]
    ) async throws(DirectoryFault) -> Account? {
        if let name = DistinguishedName(subject), let base = DistinguishedName(configuration.base),
            name != base, name.isWithin(base)
        {
            let found = try await search(
                SearchRequest(entry: subject, attributes: configuration.recipientAttributes))
            if let entry = found.first, reader.kind(of: entry) == .user {
                return try await account(entry, depth: 0)
            }
        }
        var accounts: [Account] = []
        for email in emails.prefix(10) where EmailAddress(email) != nil {
            guard let account = try await account(login: email) else { continue }
            if !accounts.contains(where: { $0.id == account.id }) { accounts.append(account) }
        }
        guard accounts.count <= 1 else {
            throw DirectoryFault(
                .ambiguous,
                "certificate \(subject) names more than one user: "
                    + accounts.map { "\"\($0.dn)\"" }.joined(separator: " and "))
        }
        return accounts.first
    }

    /// Values of the form of RFC 5803; none is not found.
    func scramSecrets(for account: Account) async throws(DirectoryFault) -> [String] {
        guard let attribute = map.user.scramSecrets else { return [] }
        let entries = try await search(
            SearchRequest(entry: account.dn, attributes: [attribute]))
        if entries.isEmpty { try await checkPopulated(.user, depth: 0) }
        return entries.flatMap { $0[attribute] }.filter { $0.uppercased().hasPrefix("SCRAM-") }
    }
}
