internal import MailModel

/// Reads entries as the attribute map says. Malformed values are left out, never fatal: one bad
/// attribute must not stop a user's mail. `provision` and `check` report them.
struct EntryReader: Sendable {
    /// draft-behera-ldap-password-policy section 5.3.2. Not modifyTimestamp, which OpenLDAP changes with
    /// every failed login that a password policy counts.
    static let passwordChange = "pwdChangedTime"

    let map: AttributeMap

    enum Kind: String { case user, group, alias, other }

    func kind(of entry: DirectoryEntry) -> Kind {
        let classes = entry["objectClass"]
        func isAny(of names: [String]) -> Bool {
            classes.contains { name in names.contains { $0.equalsIgnoringASCIICase(name) } }
        }
        if isAny(of: map.group.classes) { return .group }
        if isAny(of: map.user.classes) { return .user }
        let elsewhere = map.user.forwarding + [map.user.homeServer].compactMap(\.self)
        return elsewhere.contains { entry.has($0) } ? .alias : .other
    }

    /// The addresses as the directory writes them, catch-alls (`@domain`) included.
    func addressValues(of entry: DirectoryEntry) -> [String] {
        (map.addresses + map.internationalAddresses).flatMap { entry[$0] }
    }

    func addresses(of entry: DirectoryEntry) -> [EmailAddress] {
        unique(addressValues(of: entry).compactMap { EmailAddress($0) })
    }

    func forwarding(of entry: DirectoryEntry) -> [EmailAddress] {
        guard isOn(map.user.forwards, entry) else { return [] }
        return unique(map.user.forwarding.flatMap { entry[$0] }.compactMap { EmailAddress($0) })
    }

    /// The host that has the mailbox, and the address that the entry has there when it is another
    /// one (`mailHost` and `mailRoutingAddress` of `inetLocalMailRecipient`).
    func home(of entry: DirectoryEntry) -> (host: NextHop, address: EmailAddress?)? {
        map.user.homeServer.flatMap { entry[$0].first }.flatMap { NextHop($0) }
            .map { ($0, address(entry, map.user.routingAddress)) }
    }

    func status(of entry: DirectoryEntry, _ maps: [StatusMap]) -> EntryStatus {
        maps.reduce(.active) { $0.stricter($1.status(of: entry)) }
    }

    /// The user in an entry, the domain's defaults filled in.
    /// - Throws: `misconfigured` when the entry has no usable unique identifier or address.
    func account(
        _ entry: DirectoryEntry, domain: (String) async throws(DirectoryFault) -> MailDomain?
    ) async throws(DirectoryFault) -> Account {
        guard let id = entry[map.uniqueID].first.flatMap({ AccountID($0) }) else {
            throw DirectoryFault(
                .misconfigured, "\(entry.dn): no readable \(map.uniqueID), so no mailbox")
        }
        let addresses = addresses(of: entry)
        guard let primary = addresses.first else {
            throw DirectoryFault(
                .misconfigured,
                "\(entry.dn): no address in \(map.addresses.joined(separator: ", "))")
        }
        let home = try await domain(primary.domain)
        let own = quota(
            entry, map.user.quota, map.user.messageQuota, unit: map.user.quotaUnit,
            default: home?.defaultQuota ?? .unlimited)
        let forwarding = forwarding(of: entry)
        let server = self.home(of: entry)
        return Account(
            id: id, dn: entry.dn,
            login: map.user.logins.lazy.compactMap { entry[$0].first }.first ?? "\(primary)",
            primaryAddress: primary, addresses: addresses,
            status: status(of: entry, map.user.status).stricter(home?.status ?? .active),
            quota: own, services: services(of: entry),
            forwarding: forwarding, keepsCopy: isOn(map.user.keepCopy, entry),
            homeServer: server?.host, routingAddress: server?.address,
            displayName: map.user.displayName.lazy.compactMap { entry[$0].first }.first,
            passwordChanged: entry[Self.passwordChange].first)
    }

    func isTrue(_ entry: DirectoryEntry, _ attribute: String?) -> Bool {
        attribute.map { entry[$0].contains { $0.equalsIgnoringASCIICase("TRUE") } } ?? false
    }

    private func isOn(_ rule: SwitchMap, _ entry: DirectoryEntry) -> Bool {
        guard let attribute = rule.attribute, entry.has(attribute) else { return rule.otherwise }
        return entry[attribute].contains { rule.values.contains($0.lowercased()) }
    }

    private func services(of entry: DirectoryEntry) -> Set<Service>? {
        guard let attribute = map.user.services, entry.has(attribute) else { return nil }
        return Set(entry[attribute].compactMap { Service(rawValue: $0.lowercased()) })
    }

    func address(_ entry: DirectoryEntry, _ attribute: String?) -> EmailAddress? {
        attribute.flatMap { entry[$0].first }.flatMap { EmailAddress($0) }
    }

    /// Absent or malformed: the default. Zero, and the -1 of some schemas: without limit.
    func quota(
        _ entry: DirectoryEntry, _ bytes: String?, _ messages: String?, unit: QuotaUnit,
        default standard: Quota
    ) -> Quota {
        func limit(_ attribute: String?, _ unit: QuotaUnit, _ standard: Int64?) -> Int64? {
            guard let text = attribute.flatMap({ entry[$0].first }) else { return standard }
            if text == "-1" { return nil }
            guard let value = QuotaText.parse(text, unit: unit) else { return standard }
            return value == 0 ? nil : value
        }
        return Quota(
            bytes: limit(bytes, unit, standard.bytes),
            messages: limit(messages, .bytes, standard.messages))
    }

    private func unique(_ addresses: [EmailAddress]) -> [EmailAddress] {
        var seen: Set<EmailAddress> = []
        return addresses.filter { seen.insert($0.caseFolded).inserted }
    }
}
