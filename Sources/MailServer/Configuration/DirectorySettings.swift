/// Where the directory is, how the server binds, and what entries mean.
package struct DirectorySettings: Sendable {
    package enum Bind: Sendable {
        case anonymous
        case simple(dn: String, password: String)
        /// The identity of the process over ldapi://.
        case external
        case scram(user: String, password: String)
    }

    package enum TLS: Sendable { case required, none }

    package var uris: [String]
    package var base: String
    package var bind: Bind
    /// StartTLS for ldap:// (ldaps:// always has TLS, ldapi:// never).
    package var startTLS: TLS
    package var authorities: String?
    package var verifiesCertificate: Bool
    package var timeout: Duration
    package var preset: String
    /// Attribute map entries that differ from the preset, by the map's name.
    package var attributes: [String: [String]]
    package var subaddressSeparator: Character?
    package var postmaster: String?
    package var cacheEntries: Int
    package var cachePositive: Duration
    package var cacheNegative: Duration
    package var cacheStale: Duration
    package var searchConnections: Int
    package var bindConnections: Int
    package var maximumGroupDepth: Int
    package var maximumGroupMembers: Int

    init(_ section: ConfigurationSection) {
        uris = section.strings("uri") ?? []
        if uris.isEmpty {
            section.problem("uri", "is missing; expected one or more of ldap://, ldaps://, ldapi://")
        }
        for uri in uris
        where !["ldap://", "ldaps://", "ldapi://"].contains(where: { uri.hasPrefix($0) }) {
            section.problem(
                "uri", value: uri, "expected ldap://HOST[:PORT], ldaps://HOST[:PORT] or ldapi://PATH")
        }
        base = section.requiredString("base", "the DN that all searches start from")
        bind = Self.bind(section.section("bind"))
        startTLS =
            section.choice("start_tls", ["required": TLS.required, "none": .none]) ?? .required
        authorities = section.path("authorities")
        verifiesCertificate = section.bool("verify_certificate") ?? true
        timeout = section.duration("timeout", .milliseconds(100) ... .seconds(60)) ?? .seconds(5)
        preset = section.string("preset") ?? "default"

        let map = section.section("attributes")
        attributes = Dictionary(
            map.keys.map { ($0, map.strings($0) ?? []) }, uniquingKeysWith: { $1 })
        map.finish()

        let separator = section.string("subaddress_separator") ?? "+"
        if separator.count > 1 {
            section.problem(
                "subaddress_separator", value: separator, "expected one character, or \"none\"")
        }
        subaddressSeparator = separator == "none" ? nil : separator.first
        postmaster = section.string("postmaster")

        let cache = section.section("cache")
        cacheEntries = cache.integer("entries", 0...10_000_000) ?? 100_000
        cachePositive = cache.duration("positive", .zero ... .seconds(3600)) ?? .seconds(10)
        cacheNegative = cache.duration("negative", .zero ... .seconds(3600)) ?? .seconds(3)
        cacheStale = cache.duration("stale", .zero ... .seconds(86400)) ?? .seconds(600)
        cache.finish()

        let connections = section.section("connections")
        searchConnections = connections.integer("search", 1...16) ?? 1
        bindConnections = connections.integer("bind", 1...64) ?? 4
        connections.finish()

        let groups = section.section("groups")
        maximumGroupDepth = groups.integer("depth", 1...100) ?? 20
        maximumGroupMembers = groups.integer("members", 1...1_000_000) ?? 10_000
        groups.finish()
        section.finish()
    }

    private static func bind(_ section: ConfigurationSection) -> Bind {
        defer { section.finish() }
        let method =
            section.choice(
                "method",
                ["anonymous": "anonymous", "simple": "simple", "external": "external", "scram": "scram"])
            ?? (section.has("dn") ? "simple" : "anonymous")
        switch method {
        case "simple":
            return .simple(
                dn: section.requiredString("dn", "the DN to bind as"), password: password(section))
        case "scram":
            return .scram(
                user: section.requiredString("user", "the SASL user name"),
                password: password(section))
        case "external": return .external
        default: return .anonymous
        }
    }

    /// `password`, or the first line of `password_file`.
    private static func password(_ section: ConfigurationSection) -> String {
        guard let file = section.path("password_file") else {
            return section.requiredString("password", "the password (or password_file)")
        }
        do {
            return try SecretFile.read(file)
        } catch {
            section.problem("password_file", value: file, "can't be read: \(error)")
            return ""
        }
    }
}
