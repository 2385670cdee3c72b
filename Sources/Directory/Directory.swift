package import Logging
package import MailModel
internal import Synchronization

/// Who everyone is and where mail goes, asked of an LDAP directory.
///
/// Every answer is found, not found or unavailable, and only the directory's own "not found" is
/// final. Answers are used again for seconds (`CacheLifetimes`); a directory that is unavailable is
/// stood in for by what it said in the last minutes, so that an outage doesn't stop mail to known
/// recipients. A directory without any user or domain is not believed.
package final class Directory: Sendable {
    let client: any DirectoryAccess
    let configuration: DirectoryConfiguration
    let logger: Logger
    package let metrics: DirectoryMetrics
    let resolver: Resolver
    private let resolutions: LookupCache<EmailAddress, Resolution>
    private let domains: LookupCache<String, Lookup<MailDomain>>
    private let logins: LookupCache<String, Lookup<Account>>
    private let accounts: LookupCache<AccountID, Lookup<Account>>
    private let secrets: LookupCache<AccountID, Lookup<[String]>>
    private let groupNames: LookupCache<String, Lookup<DirectoryGroup>>
    private let groups: LookupCache<AccountID, Lookup<DirectoryGroup>>
    private let memberships: LookupCache<AccountID, Lookup<Set<AccountID>>>

    package convenience init(configuration: DirectoryConfiguration, logger: Logger) {
        let metrics = DirectoryMetrics()
        self.init(
            configuration: configuration, logger: logger,
            client: DirectoryClient(
                configuration: configuration.connection, metrics: metrics, logger: logger),
            metrics: metrics)
    }

    init(
        configuration: DirectoryConfiguration, logger: Logger, client: any DirectoryAccess,
        metrics: DirectoryMetrics = DirectoryMetrics()
    ) {
        self.client = client
        self.metrics = metrics
        self.configuration = configuration
        self.logger = logger
        let domains = LookupCache<String, Lookup<MailDomain>>(configuration.cache)
        let plain = Resolver(
            source: client, configuration: configuration.resolver, landmarks: Landmarks())
        var caching = plain
        caching.cachedDomains = { name in
            if let hit = domains.fresh(name) { return hit }
            return await domains.value(for: name) { .init(await plain.lookUpDomain(name)) }
        }
        resolver = caching
        self.domains = domains
        resolutions = LookupCache(configuration.cache)
        logins = LookupCache(configuration.cache)
        accounts = LookupCache(configuration.cache)
        secrets = LookupCache(configuration.cache)
        groupNames = LookupCache(configuration.cache)
        groups = LookupCache(configuration.cache)
        memberships = LookupCache(configuration.cache)
    }

    /// Where mail to the address goes: aliases, groups, forwards, catch-alls and subaddresses
    /// followed, each final recipient once.
    package func resolve(_ address: EmailAddress) async -> Resolution {
        let key = address.caseFolded
        let resolution = await resolve(folded: key)
        return key == address ? resolution : resolution.spelled(as: address)
    }

    private func resolve(folded key: EmailAddress) async -> Resolution {
        if let hit = resolutions.fresh(key) { return hit }
        // What is not ours is the domain's matter: the addresses of all the world are not kept.
        if case .notFound? = domains.fresh(key.domain) { return .notLocal }
        return await resolutions.value(for: key) { [resolver, logger] in
            let verdict = await resolver.resolve(key)
            if case .rejected(let error) = verdict.resolution, error.isTemporary {
                logger.warning(
                    "address refused for now",
                    metadata: ["address": "\(key)", "cause": "\(error.cause ?? error.text)"])
            }
            return .init(verdict)
        }
    }

    /// The domain of this name, an alias too. ASCII case doesn't count; internationalised names
    /// match in the form that the directory has.
    package func domain(named name: String) async -> Lookup<MailDomain> {
        let name = name.lowercased()
        guard name.utf8.count <= EmailAddress.maximumDomainLength, !name.isEmpty
        else { return .notFound }
        if let hit = domains.fresh(name) { return hit }
        return await domains.value(for: name) { [resolver] in
            .init(await resolver.lookUpDomain(name))
        }
    }

    /// The user with this login name or address; case doesn't count. Two of them are
    /// `unavailable` (ambiguous). More than 320 octets or a NUL is nobody.
    package func account(login: String) async -> Lookup<Account> {
        guard login.utf8.count <= Resolver.maximumLoginLength else { return .notFound }
        let key = login.lowercased()
        if let hit = logins.fresh(key) { return hit }
        return await logins.value(for: key) { [resolver] in
            .init(await Self.lookUp { () async throws(DirectoryFault) in
                try await resolver.account(login: key)
            })
        }
    }

    package func account(id: AccountID) async -> Lookup<Account> {
        await account(id: id, knownName: nil)
    }

    /// The same user as the directory has it now. Cheaper than by the key alone, which the directory may
    /// have no index for: the entry is looked for where it was.
    package func current(_ account: Account) async -> Lookup<Account> {
        await self.account(id: account.id, knownName: account.dn)
    }

    /// - Parameter knownName: where the entry was; only a hint.
    private func account(id: AccountID, knownName: String?) async -> Lookup<Account> {
        if let hit = accounts.fresh(id) { return hit }
        var knownName = knownName
        if case .found(let account) = accounts.last(id) { knownName = account.dn }
        return await accounts.value(for: id) { [resolver, knownName] in
            .init(await Self.lookUp { () async throws(DirectoryFault) in
                try await resolver.account(id: id, knownName: knownName)
            })
        }
    }

    /// The user of a certificate that the TLS layer has verified.
    package func account(certificate subject: String, emails: [String]) async -> Lookup<Account> {
        await Self.lookUp { () async throws(DirectoryFault) in
            try await resolver.account(certificate: subject, emails: emails)
        }
    }

    /// Binds with the user's name and this password. When that fails, the entry is looked up anew:
    /// it may have been renamed or moved a moment ago, or the directory may have lost its entries (RFC
    /// 4513 section 5.1.3: a name that does not exist is refused as a wrong password is).
    ///
    /// "Wrong password" is believed only when the entry was there: where the look-up has met a directory
    /// that was started anew meanwhile, and perhaps filled, it is asked once more.
    package func authenticate(_ account: Account, password: [UInt8]) async -> BindOutcome {
        let connections = client.connectionCount
        let outcome = await client.bind(dn: account.dn, password: password)
        guard case .invalidCredentials = outcome, !password.isEmpty else { return outcome }
        let now = await Self.lookUp { () async throws(DirectoryFault) in
            try await resolver.account(id: account.id, knownName: account.dn)
        }
        switch now {
        case .found(let moved) where moved.dn != account.dn:
            return await client.bind(dn: moved.dn, password: password)
        case .found where client.connectionCount != connections:
            return await client.bind(dn: account.dn, password: password)
        case .found: return outcome
        case .notFound: return await withoutEntry(account)
        case .unavailable(let fault): return .unavailable(fault)
        }
    }

    /// The account is gone. Whether another one has its login now, as when the directory was filled anew,
    /// is not a matter of this password: the next login meets it.
    private func withoutEntry(_ account: Account) async -> BindOutcome {
        let other = await Self.lookUp { () async throws(DirectoryFault) in
            try await resolver.account(login: account.login)
        }
        switch other {
        case .found(let other):
            return .refused("\(other.dn) has taken the place of account \(account.id)")
        case .notFound: return .noSuchEntry
        case .unavailable(let fault): return .unavailable(fault)
        }
    }

    /// The user's SCRAM secrets in the form of RFC 5803; not found when there are none.
    package func scramSecrets(for account: Account) async -> Lookup<[String]> {
        if let hit = secrets.fresh(account.id) { return hit }
        return await secrets.value(for: account.id) { [resolver] in
            let found = await Self.lookUp { () async throws(DirectoryFault) in
                try await resolver.scramSecrets(for: account)
            }
            if case .found(let values) = found, values.isEmpty { return .negative(.notFound) }
            return .init(found)
        }
    }

    /// Whether the user may send with this address: an own one (in alias domains and with a
    /// detail, too), an alias to the user alone, or a group's that lets its members send.
    package func maySend(as address: EmailAddress, _ account: Account) async -> Lookup<Bool> {
        let key = address.caseFolded
        if account.addresses.contains(where: { $0.caseFolded == key }) { return .found(true) }
        return await Self.lookUp { () async throws(DirectoryFault) in
            try await resolver.maySend(as: address, account)
        }
    }

    /// Whether `actor`, having logged in, may act as `target`: only where the directory says so.
    package func mayAct(as target: Account, by actor: Account) async -> Lookup<Bool> {
        await Self.lookUp { () async throws(DirectoryFault) in
            try await resolver.mayAct(as: target, by: actor)
        }
    }

    /// The group with this address or, where none has it, with this common name.
    package func group(named name: String) async -> Lookup<DirectoryGroup> {
        let key = name.lowercased()
        if let hit = groupNames.fresh(key) { return hit }
        return await groupNames.value(for: key) { [resolver] in
            .init(await Self.lookUp { () async throws(DirectoryFault) in
                try await resolver.group(named: key)
            })
        }
    }

    package func group(id: AccountID) async -> Lookup<DirectoryGroup> {
        if let hit = groups.fresh(id) { return hit }
        return await groups.value(for: id) { [resolver] in
            .init(await Self.lookUp { () async throws(DirectoryFault) in
                try await resolver.group(id: id)
            })
        }
    }

    /// The groups that the user is in, directly, through other groups or by a dynamic group's
    /// search; empty when in none.
    package func groups(of account: Account) async -> Lookup<Set<AccountID>> {
        if let hit = memberships.fresh(account.id) { return hit }
        return await memberships.value(for: account.id) { [resolver] in
            .init(await Self.lookUp { () async throws(DirectoryFault) in
                try await resolver.groups(of: account)
            })
        }
    }

    /// Resolves the address without the server's caches and tells every search, entry and rule; a
    /// domain that is met again is told once.
    package func explain(_ address: EmailAddress) async -> Explanation {
        let trace = ResolutionTrace()
        var resolver = resolver
        resolver.cachedDomains = nil
        resolver.trace = trace
        let met = Mutex<[String: Lookup<MailDomain>]>([:])
        resolver.cachedDomains = { [resolver] name in
            if let known = met.withLock({ $0[name] }) { return known }
            let answer = await resolver.lookUpDomain(name)
            met.withLock { $0[name] = answer }
            return answer
        }
        return trace.explanation(of: address, await resolver.resolve(address).resolution)
    }

    /// Looks at the directory itself; for `martlet check`.
    /// - Parameter dkimKeys: the names of keys that this host has; nil: don't compare.
    package func inspect(dkimKeys: Set<String>? = nil) async -> [Finding] {
        await DirectoryInspector(
            source: client, configuration: configuration.resolver, dkimKeys: dkimKeys
        ).inspect()
    }

    /// Asks for the base entry, past all caches. Nil: it is there.
    package func fault() async -> DirectoryFault? {
        let base = configuration.resolver.base
        switch await client.search(SearchRequest(entry: base, attributes: [])) {
        case .found: return nil
        case .notFound: return DirectoryFault(.missingBase, "there is no entry \(base)")
        case .unavailable(let fault): return fault
        }
    }

    /// From now on only answers of the directory count, but for the time of an outage.
    package func invalidate() {
        resolutions.invalidate()
        domains.invalidate()
        logins.invalidate()
        accounts.invalidate()
        secrets.invalidate()
        groupNames.invalidate()
        groups.invalidate()
        memberships.invalidate()
    }

    package func shutDown() async {
        await client.shutDown()
    }

    static func lookUp<Value: Sendable>(
        _ body: () async throws(DirectoryFault) -> Value?
    ) async -> Lookup<Value> {
        do throws(DirectoryFault) {
            return try await body().map { .found($0) } ?? .notFound
        } catch {
            return .unavailable(error)
        }
    }
}
