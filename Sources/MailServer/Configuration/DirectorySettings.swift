internal import Authentication
package import Directory
package import MailModel

/// Where the directory is, how the server binds, and what entries mean.
package struct DirectorySettings: Sendable {
    package var connection: DirectoryConnectionConfiguration
    package var base: String
    package var attributeMap: AttributeMap
    package var subaddressSeparator: Character?
    package var postmaster: EmailAddress?
    package var cache: CacheLifetimes
    package var maximumGroupDepth: Int
    package var maximumGroupMembers: Int

    init(_ section: ConfigurationSection) {
        connection = Self.connection(section)
        base = section.requiredString("base", "the DN that all searches start from")
        if !base.isEmpty, DistinguishedName(base) == nil {
            section.problem("base", value: base, "expected a DN, as in dc=example,dc=org")
        }
        attributeMap = Self.attributeMap(section)
        subaddressSeparator = Self.separator(section)
        postmaster = Self.postmaster(section)
        cache = Self.cache(section.section("cache"))
        let groups = section.section("groups")
        maximumGroupDepth = groups.integer("depth", 1...100) ?? 20
        maximumGroupMembers = groups.integer("members", 1...1_000_000) ?? 10_000
        groups.finish()
        section.finish()
    }

    private static func connection(
        _ section: ConfigurationSection
    ) -> DirectoryConnectionConfiguration {
        let uris = section.strings("uri") ?? []
        if uris.isEmpty {
            section.problem("uri", "is missing; expected one or more of ldap://, ldaps://, ldapi://")
        }
        for uri in uris
        where !["ldap://", "ldaps://", "ldapi://"].contains(where: { uri.hasPrefix($0) }) {
            section.problem(
                "uri", value: uri, "expected ldap://HOST[:PORT], ldaps://HOST[:PORT] or ldapi://PATH")
        }
        var connection = DirectoryConnectionConfiguration(uris: uris)
        connection.credentials = bind(section.section("bind"))
        // StartTLS concerns ldap:// alone.
        connection.security =
            section.choice("start_tls", ["required": .required, "none": .none])
            ?? connection.security
        connection.authorities = section.path("authorities") ?? connection.authorities
        connection.verifiesCertificate = section.bool("verify_certificate") ?? true
        connection.operationTimeout =
            section.duration("timeout", .milliseconds(100) ... .seconds(60))
            ?? connection.operationTimeout
        connection.bindConnections =
            section.integer("bind_connections", 1...64) ?? connection.bindConnections
        return connection
    }

    private static func attributeMap(_ section: ConfigurationSection) -> AttributeMap {
        let name = section.string("preset") ?? AttributeMap.stock.name
        let preset = AttributeMap.preset(named: name)
        if preset == nil {
            section.problem(
                "preset", value: name,
                "expected one of " + AttributeMap.presets.map(\.name).joined(separator: ", "))
        }
        var map = preset ?? .stock
        let overrides = section.section("attributes")
        for key in overrides.keys {
            guard AttributeMap.overridableKeys.contains(key) else {
                overrides.problem(key, "is no setting of the attribute map; " + advice(key))
                continue
            }
            let values = overrides.strings(key)
            // What is no list is told already; what is empty switches the setting off.
            if values == nil, !overrides.isEmpty(key) { continue }
            do throws(AttributeMapError) {
                try map.override(key, with: values ?? [])
            } catch {
                let text = values?.joined(separator: ", ")
                overrides.problem(key, value: text == "" ? nil : text, error.description)
            }
        }
        return map
    }

    private static func advice(_ key: String) -> String {
        let keys = AttributeMap.overridableKeys.sorted()
        let below = keys.filter { $0.hasPrefix(key + ".") }
        // As if the map were a tree.
        guard below.isEmpty else {
            return "write one key for each, with the dot in it: \(below.joined(separator: ", "))"
        }
        return ConfigurationSection.guess(key, among: keys)
            ?? "it has: " + keys.joined(separator: ", ")
    }

    private static func separator(_ section: ConfigurationSection) -> Character? {
        let text = section.string("subaddress_separator") ?? "+"
        if text.count > 1, text != "none" {
            section.problem("subaddress_separator", value: text, "expected one character, or none")
        }
        return text == "none" ? nil : text.first
    }

    private static func postmaster(_ section: ConfigurationSection) -> EmailAddress? {
        guard let text = section.string("postmaster") else { return nil }
        let address = EmailAddress(text)
        if address == nil {
            section.problem("postmaster", value: text, "expected an address, as in admin@example.org")
        }
        return address
    }

    private static func cache(_ section: ConfigurationSection) -> CacheLifetimes {
        var cache = CacheLifetimes()
        cache.capacity = section.integer("entries", 0...10_000_000) ?? cache.capacity
        cache.positive =
            section.duration("positive", .zero ... .seconds(3600)) ?? cache.positive
        cache.negative =
            section.duration("negative", .zero ... .seconds(3600)) ?? cache.negative
        cache.stale = section.duration("stale", .zero ... .seconds(86400)) ?? cache.stale
        section.finish()
        return cache
    }

    private static func bind(
        _ section: ConfigurationSection
    ) -> DirectoryConnectionConfiguration.Credentials {
        defer { section.finish() }
        let method =
            section.choice(
                "method",
                ["anonymous": "anonymous", "simple": "simple", "external": "external", "scram": "scram"])
            ?? (section.has("dn") ? "simple" : "anonymous")
        switch method {
        case "simple":
            return .simple(
                dn: section.requiredString("dn", "the DN to bind as"),
                password: Array(section.secret("password").utf8))
        case "scram":
            return scram(
                section, section.requiredString("user", "the SASL user name"),
                section.secret("password"))
        case "external": return .external
        default: return .anonymous
        }
    }

    /// RFC 5802 section 2.2. slapd's SASL library does not prepare the passwords that it finds in the
    /// directory: the form that was typed may be the one that is stored.
    private static func scram(
        _ section: ConfigurationSection, _ user: String, _ password: String
    ) -> DirectoryConnectionConfiguration.Credentials {
        let preparedUser = ScramPreparation.user(user)
        let prepared = ScramPreparation.password(password)
        if preparedUser == nil, !user.isEmpty {
            section.problem("user", "has characters that SASLprep refuses (RFC 4013)")
        }
        if prepared == nil, !password.isEmpty {
            section.problem("password", "has characters that SASLprep refuses (RFC 4013)")
        }
        let forms = [prepared, password].compactMap { $0.map { Array($0.utf8) } }
        return .scram(
            user: preparedUser ?? user, passwords: forms.first == forms.last ? [forms[0]] : forms)
    }
}
