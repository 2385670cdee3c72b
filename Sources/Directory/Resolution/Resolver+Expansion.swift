internal import MailModel

extension Resolver {
    /// Follows one address to its recipients.
    func expand(
        _ address: EmailAddress, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        try checkLimits(expansion, depth: depth, "\(address)")
        return try await expansion.once("@ \(address.caseFolded)") {
            () async throws(ExpansionFailure) in
            let domain = try await faulting { () async throws(DirectoryFault) in
                try await self.domain(named: address.domain, depth: depth)
            }
            guard let domain else {
                guard depth > 0 else { return .notLocal }
                note("\(address) goes to another host", depth: depth)
                expansion.add(RoutedAddress(address: address, route: .remote(.foreign)))
                return .delivered
            }
            switch domain.status {
            case .disabled: return .rejected(.disabled("domain \(domain.name)"))
            case .inactive: return .rejected(.inactive("domain \(domain.name)"))
            case .hold:
                note("domain \(domain.name) is on hold", depth: depth)
                expansion.add(RoutedAddress(address: address, route: .unresolved))
                return .delivered
            case .active: break
            }
            return try await expand(address, in: domain, expansion, depth: depth)
        }
    }

    private func expand(
        _ address: EmailAddress, in domain: MailDomain, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        let match = try await faulting { () async throws(DirectoryFault) in
            try await self.match(address, in: domain, depth: depth)
        }
        if let match, !match.rank.isCatchAll {
            note(
                "\(match.kind.rawValue) \"\(match.entry.dn)\" by \(match.value)", depth: depth)
            let end = try await expand(match.entry, match.kind, expansion, depth: depth)
            guard address.isPostmaster, case .rejected(let error) = end, !error.isTemporary
            else { return end }
            note("postmaster can't be refused: \(error)", depth: depth)
        }
        if address.isPostmaster {
            return try await expandPostmaster(
                address, in: domain, catchAll: match, expansion, depth: depth)
        }
        if let end = try await expandCatchAll(domain, match, expansion, depth: depth) {
            return end
        }
        if let end = try await expandElsewhere(address, in: domain, expansion, depth: depth) {
            return end
        }
        try await faulting { () async throws(DirectoryFault) in
            try await checkPopulated(.user, depth: depth)
        }
        note("no entry has \(address)", depth: depth)
        return .rejected(.unknownUser(address))
    }

    /// The domain's own catch-all, else the entry with the address `@domain`. Nil when there is
    /// none, or when it is the address that is being looked for.
    private func expandCatchAll(
        _ domain: MailDomain, _ match: AddressMatch?, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End? {
        if let address = domain.catchAll {
            note("catch-all of \(domain.name): \(address)", depth: depth)
            let end = try await expand(address, expansion, depth: depth + 1)
            if case .circle = end { return nil }
            return end
        }
        guard let match, match.rank.isCatchAll else { return nil }
        note("catch-all \(match.value): \"\(match.entry.dn)\"", depth: depth)
        return try await expand(match.entry, match.kind, expansion, depth: depth)
    }

    /// RFC 5321 section 4.5.1: postmaster must be served. When nobody is named and nobody can be,
    /// the refusal is temporary, because the fault is ours. Hosts that may not have the address
    /// are the last resort; a host that takes all unknown addresses is a catch-all.
    private func expandPostmaster(
        _ address: EmailAddress, in domain: MailDomain, catchAll: AddressMatch?,
        _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End {
        if let end = try await expand(
            domain.postmaster, "postmaster of \(domain.name)", expansion, depth: depth)
        {
            return end
        }
        if let end = try await expandCatchAll(domain, catchAll, expansion, depth: depth),
            end.isServed
        {
            return end
        }
        if domain.memberHosts.isEmpty,
            let end = try await expandElsewhere(address, in: domain, expansion, depth: depth)
        {
            return end
        }
        if let end = try await expand(
            configuration.postmaster, "postmaster of the configuration", expansion, depth: depth)
        {
            return end
        }
        if let end = try await expandElsewhere(address, in: domain, expansion, depth: depth) {
            return end
        }
        return .rejected(
            .misconfigured("nobody gets the mail to postmaster of \(domain.name)"))
    }

    /// Nil when nobody is named, or who is named gets nothing.
    private func expand(
        _ named: EmailAddress?, _ rule: String, _ expansion: Expansion, depth: Int
    ) async throws(ExpansionFailure) -> Expansion.End? {
        guard let named else { return nil }
        note("\(rule): \(named)", depth: depth)
        let end = try await expand(named, expansion, depth: depth + 1)
        return end.isServed ? end : nil
    }

    func checkLimits(
        _ expansion: Expansion, depth: Int, _ subject: String
    ) throws(ExpansionFailure) {
        guard depth <= configuration.maximumDepth else {
            throw .limit(
                .groupProblem("\(subject) is more than \(configuration.maximumDepth) steps away"))
        }
        guard expansion.members <= configuration.maximumMembers else {
            throw .limit(
                .groupProblem("more than \(configuration.maximumMembers) members at \(subject)"))
        }
    }

    /// A fault of the directory ends the whole expansion: part of a group is no answer.
    func faulting<Value>(
        _ body: () async throws(DirectoryFault) -> Value
    ) async throws(ExpansionFailure) -> Value {
        do throws(DirectoryFault) {
            return try await body()
        } catch {
            throw .fault(error)
        }
    }
}

extension EmailAddress {
    /// RFC 5321 section 4.5.1: the case of this one does not count.
    var isPostmaster: Bool { localPart.equalsIgnoringASCIICase("postmaster") }
}

extension Expansion.End {
    /// Whether somebody gets the mail, now or once the cause of a temporary refusal is mended.
    fileprivate var isServed: Bool {
        switch self {
        case .delivered, .elsewhere: true
        case .rejected(let error): error.isTemporary
        case .notLocal, .circle: false
        }
    }
}
