internal import MailModel

extension Resolver {
    /// Follows one entry to its recipients.
    func expand(
        _ entry: DirectoryEntry, _ kind: EntryReader.Kind, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        try checkLimits(expansion, depth: depth, entry.dn)
        let key = entry[map.uniqueID].first ?? entry.dn
        return try await expansion.once(key) { () async throws(ExpansionFailure) in
            switch kind {
            case .user: try await expandUser(entry, expansion, depth: depth)
            case .group: try await expandGroup(entry, expansion, depth: depth)
            case .alias: try await expandAlias(entry, expansion, depth: depth)
            case .other: .rejected(.misconfigured("\(entry.dn) gets no mail"))
            }
        }
    }

    func account(_ entry: DirectoryEntry, depth: Int) async throws(DirectoryFault) -> Account {
        try await reader.account(entry) { name async throws(DirectoryFault) in
            try await domain(named: name, depth: depth)
        }
    }

    private func expandUser(
        _ entry: DirectoryEntry, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        let account = try await faulting { () async throws(DirectoryFault) in
            try await self.account(entry, depth: depth)
        }
        if let end = expansion.end(for: account.status, account.primaryAddress, entry.dn) {
            note("\"\(entry.dn)\" is \(account.status.rawValue)", depth: depth)
            return end
        }
        // Not where the mail goes instead, but what the user is called where the mailbox is.
        let renamed = account.homeServer.map(isHere) == false ? account.routingAddress : nil
        let forwarding = account.forwarding.filter { $0 != renamed }
        var targets: [EmailAddress] = []
        for target in forwarding {
            let isOwn = try await faulting { () async throws(DirectoryFault) in
                try await self.isOwn(target, account, depth: depth)
            }
            if !isOwn { targets.append(target) }
        }
        let keeps =
            targets.isEmpty || account.keepsCopy || targets.count < forwarding.count
        if keeps { keep(account, expansion, depth: depth) }
        guard !targets.isEmpty else { return .delivered }
        let end = try await forward(targets, from: entry, expansion, depth: depth)
        // Who keeps a copy is served whatever becomes of the forward.
        return keeps ? .delivered : end
    }

    /// Whether mail to the address comes back to the user: forwarding to it means keeping a copy.
    private func isOwn(
        _ address: EmailAddress, _ account: Account, depth: Int
    ) async throws(DirectoryFault) -> Bool {
        let own = Set(account.addresses.map(\.caseFolded))
        if own.contains(address.caseFolded) { return true }
        let plain =
            address.withoutDetail(separator: configuration.subaddressSeparator) ?? address
        if own.contains(plain.caseFolded) { return true }
        guard let domain = try await domain(named: address.domain, depth: depth),
            let canonical = domain.aliasOf
        else { return false }
        return own.contains(plain.at(domain: canonical).caseFolded)
    }

    private func keep(_ account: Account, _ expansion: Expansion, depth: Int) {
        if let host = account.homeServer, !isHere(host) {
            let address = account.routingAddress ?? account.primaryAddress
            note("the mailbox of \(address) is on \(host)", depth: depth)
            expansion.add(RoutedAddress(address: address, route: .remote(.host(host))))
        } else {
            note("into the mailbox of \(account.primaryAddress)", depth: depth)
            expansion.add(
                RoutedAddress(
                    address: account.primaryAddress, route: .mailbox(account.id, account.quota)))
        }
    }

    /// A name of this host, whatever the port.
    private func isHere(_ host: NextHop) -> Bool {
        configuration.localHosts.contains(host.host)
    }

    private func expandAlias(
        _ entry: DirectoryEntry, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        let status = reader.status(of: entry, map.user.status)
        let address = reader.addresses(of: entry).first
        if let end = expansion.end(for: status, address, entry.dn) { return end }
        if let home = reader.home(of: entry), !isHere(home.host),
            let address = home.address ?? address
        {
            note("\(address) is on \(home.host)", depth: depth)
            expansion.add(RoutedAddress(address: address, route: .remote(.host(home.host))))
            return .delivered
        }
        return try await forward(reader.forwarding(of: entry), from: entry, expansion, depth: depth)
    }

    /// Delivered when any target gets the mail; else what stopped the first one.
    func forward(
        _ targets: [EmailAddress], from entry: DirectoryEntry, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        var outcome: Expansion.End?
        for target in targets {
            note("forwards to \(target)", depth: depth)
            let end = try await expand(target, expansion, depth: depth + 1)
            switch end {
            case .delivered: outcome = .delivered
            case .rejected(let error) where error.isTemporary:
                expansion.add(RoutedAddress(address: target, route: .unresolved))
                outcome = .delivered
            case .rejected, .circle, .notLocal, .elsewhere:
                note("\(target) gets nothing: \(end)", depth: depth)
                if outcome == nil { outcome = end }
            }
        }
        switch outcome {
        case .circle: return .rejected(.loop("\(entry.dn) forwards in a circle"))
        case let end?: return end
        case nil: return .rejected(.misconfigured("\(entry.dn): no readable address to forward to"))
        }
    }
}

extension Expansion {
    /// The end that a status means; nil when mail goes on.
    func end(for status: EntryStatus, _ address: EmailAddress?, _ dn: String) -> End? {
        switch status {
        case .active: return nil
        case .disabled: return .rejected(.disabled(dn))
        case .inactive: return .rejected(.inactive(dn))
        case .hold:
            guard let address else { return .rejected(.inactive(dn)) }
            add(RoutedAddress(address: address, route: .unresolved))
            return .delivered
        }
    }
}
