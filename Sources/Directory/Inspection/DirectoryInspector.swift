internal import MailModel

/// Looks at the directory as an administrator would before trusting it with mail.
struct DirectoryInspector: Sendable {
    /// Users looked at one by one; of more only the directory's structure is checked.
    static let maximumUsers = 20_000

    let source: any DirectorySearching
    let configuration: ResolverConfiguration
    /// The names of keys that this host has; nil: don't compare.
    var dkimKeys: Set<String>?

    var map: AttributeMap { configuration.attributeMap }
    var reader: EntryReader { EntryReader(map: map) }

    func inspect() async -> [Finding] {
        do throws(DirectoryFault) {
            guard try await search(SearchRequest(entry: configuration.base, attributes: [])).first
                != nil
            else { return [missingBase] }
        } catch {
            return [
                Finding(
                    .error, configuration.base, error.explained,
                    whatToDo: error.refusal == nil
                        ? "check the URIs, the certificate, the reader's name and password"
                        : "correct directory.bind, or give the reader the right to read")
            ]
        }
        var findings = [Finding(.ok, configuration.base, "readable")]
        for part in [inspectSchema, inspectDomains, inspectUsers, inspectIndexes] {
            do throws(DirectoryFault) {
                findings += try await part()
            } catch {
                findings.append(
                    Finding(
                        .error, configuration.base, error.explained,
                        whatToDo: "see that the reader may search below this entry"))
            }
        }
        return findings
    }

    func search(_ request: SearchRequest) async throws(DirectoryFault) -> [DirectoryEntry] {
        switch await source.search(request) {
        case .found(let entries): return entries
        case .notFound: return []
        case .unavailable(let fault): throw fault
        }
    }

    private var missingBase: Finding {
        Finding(
            .error, configuration.base, "the base entry is not there, or the reader may not see it",
            whatToDo: "load ldif/00-base.ldif or your own tree; see the access rules in it")
    }

    /// Every domain must be found once.
    private func inspectDomains() async throws(DirectoryFault) -> [Finding] {
        let entries = try await search(
            SearchRequest(
                base: configuration.base, filter: .present(map.domain.name),
                attributes: map.domainAttributes, sizeLimit: 10_000))
        guard !entries.isEmpty else {
            return [
                Finding(
                    .error, configuration.base, "no entry has \(map.domain.name): no mail domain",
                    whatToDo: "add one; see ldif/templates/domain.ldif")
            ]
        }
        var owners: [String: [String]] = [:]
        for entry in entries {
            for name in map.domain.allNames(of: entry) { owners[name.lowercased(), default: []].append(entry.dn) }
        }
        var findings = duplicates(owners, what: "domain", effect: "its mail is refused for now")
        for entry in entries {
            guard let target = map.domain.aliasOf.flatMap({ entry[$0].first })?.lowercased(),
                owners[target] == nil
            else { continue }
            findings.append(
                Finding(
                    .warning, entry.dn, "alias of \(target), which is no domain here",
                    whatToDo: "add the domain or correct \(map.domain.aliasOf ?? "")"))
        }
        findings += try await inspectRouting(entries)
        return findings + [Finding(.ok, "domains", owners.keys.sorted().joined(separator: " "))]
    }

    func duplicates(
        _ owners: [String: [String]], what: String, effect: String
    ) -> [Finding] {
        owners.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.prefix(100).map {
            Finding(
                .error, "\(what) \($0.key)",
                "in more than one entry: " + $0.value.map { "\"\($0)\"" }.joined(separator: " and "),
                whatToDo: "leave it in one of them; until then \(effect)")
        }
    }

    /// Users must be seen with their unique identifier and addresses, without their passwords, and
    /// no two with the same address or login.
    private func inspectUsers() async throws(DirectoryFault) -> [Finding] {
        let classes = map.user.classes.map { LDAPFilter.equal("objectClass", $0) }
        let groups = map.group.classes.map { LDAPFilter.equal("objectClass", $0) }
        let entries: [DirectoryEntry]
        do throws(DirectoryFault) {
            entries = try await search(
                SearchRequest(
                    base: configuration.base, filter: .or(classes + groups),
                    attributes: map.recipientAttributes + ["userPassword"],
                    sizeLimit: Self.maximumUsers))
        } catch {
            guard error.kind == .truncated else { throw error }
            return [
                Finding(
                    .hint, "users", "too many to compare their addresses here",
                    whatToDo: "the overlay unique keeps addresses from being given twice")
            ]
        }
        let users = entries.filter { reader.kind(of: $0) == .user }
        guard !users.isEmpty else {
            return [
                Finding(
                    .error, configuration.base,
                    "no user (\(map.user.classes.joined(separator: ", "))) is visible",
                    whatToDo: "load users, or give the reader the right to read them")
            ]
        }
        return inspectReading(users)
            + duplicates(owners(entries), what: "address", effect: "its mail is refused for now")
            + duplicates(logins(users), what: "login", effect: "nobody can log in with it")
    }

    private func inspectReading(_ users: [DirectoryEntry]) -> [Finding] {
        var findings = [Finding(.ok, "users", "\(users.count) visible")]
        if let user = users.first(where: { !$0.bytes("userPassword").isEmpty }) {
            findings.append(
                Finding(
                    .warning, user.dn, "the reader can read userPassword",
                    whatToDo: "take that right away; passwords are checked by binding"))
        }
        let unkeyed = users.filter { !$0.has(map.uniqueID) }
        if let user = unkeyed.first {
            findings.append(
                Finding(
                    .error, user.dn, "no \(map.uniqueID) (\(counted(unkeyed.count, "user")))",
                    whatToDo: "let the reader read \(map.uniqueID); on a server without it set "
                        + "the map's uniqueID"))
        }
        let unaddressed = users.filter { reader.addresses(of: $0).isEmpty }
        if let user = unaddressed.first {
            findings.append(
                Finding(
                    .hint, user.dn, "no address, so no mailbox (\(counted(unaddressed.count, "user")))",
                    whatToDo: "add one of \(map.addresses.joined(separator: ", "))"))
        }
        let homeless = users.filter { user in
            map.user.homeServer.map { user.has($0) } == true && reader.home(of: user) == nil
        }
        if let user = homeless.first, let attribute = map.user.homeServer {
            findings.append(
                Finding(
                    .warning, user.dn,
                    "\(attribute) is no host, so the mailbox is here (\(counted(homeless.count, "user")))",
                    whatToDo: "write host, host:port or lmtp:host"))
        }
        return findings
    }

    private func owners(_ entries: [DirectoryEntry]) -> [String: [String]] {
        var owners: [String: [String]] = [:]
        for entry in entries {
            for value in Set(reader.addressValues(of: entry).map { $0.lowercased() }) {
                owners[value, default: []].append(entry.dn)
            }
        }
        return owners
    }

    private func logins(_ users: [DirectoryEntry]) -> [String: [String]] {
        var owners: [String: [String]] = [:]
        for user in users {
            for value in Set(map.user.logins.flatMap { user[$0] }.map { $0.lowercased() }) {
                owners[value, default: []].append(user.dn)
            }
        }
        return owners
    }
}
