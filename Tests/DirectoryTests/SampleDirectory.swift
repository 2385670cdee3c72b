import Glibc
import Logging
import MailModel
import TestSupport

@testable import Directory

/// A slapd with the repository's sample entries, and a `Directory` on it.
struct SampleDirectory {
    let slapd: PrivateSlapd
    let directory: Directory

    /// The LDIF files by name below ldif/, and more LDIF after them.
    /// - Parameters:
    ///   - schema: further lines for slapd.conf.
    ///   - timeout: only where the directory is to be silent it should be short.
    init(
        _ files: [String] = ["00-base", "10-domains", "20-users", "30-groups"], more: String = "",
        map: AttributeMap = .martlet, cache: CacheLifetimes = CacheLifetimes(), schema: String = "",
        hasOwnSchema: Bool = true, timeout: Duration = .seconds(30),
        adjust: (inout ResolverConfiguration) -> Void = { _ in }
    ) throws {
        var ldif = ""
        for file in files { ldif += try TextFile.read("\(Self.root)/ldif/\(file).ldif") + "\n" }
        var options = SlapdOptions(ldif: ldif + more)
        options.addsBase = false
        options.hasOwnSchema = hasOwnSchema
        options.globalConfiguration = "include /etc/ldap/schema/dyngroup.schema\n\(schema)"
        options.databaseConfiguration =
            "index mailLocalAddress,associatedDomain,entryUUID,member,uniqueMember eq"
        slapd = try PrivateSlapd(options)
        directory = Self.directory(slapd, map: map, cache: cache, timeout: timeout, adjust: adjust)
    }

    static func directory(
        _ slapd: PrivateSlapd, map: AttributeMap = .martlet,
        cache: CacheLifetimes = CacheLifetimes(), timeout: Duration = .seconds(30),
        adjust: (inout ResolverConfiguration) -> Void = { _ in }
    ) -> Directory {
        var resolver = ResolverConfiguration(base: "dc=example,dc=org", attributeMap: map)
        adjust(&resolver)
        return Directory(
            configuration: DirectoryConfiguration(
                connection: connection(slapd, timeout: timeout), resolver: resolver, cache: cache),
            logger: logger)
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func connection(
        _ slapd: PrivateSlapd, timeout: Duration
    ) -> DirectoryConnectionConfiguration {
        DirectoryConnectionConfiguration(
            uris: [slapd.uri], security: .none,
            credentials: .simple(
                dn: "cn=martlet,dc=example,dc=org", password: Array("reader-secret".utf8)),
            operationTimeout: timeout, connectTimeout: timeout)
    }

    /// A client of its own.
    func client() -> DirectoryClient {
        DirectoryClient(
            configuration: Self.connection(slapd, timeout: .seconds(30)), logger: Self.logger)
    }

    /// Another `Directory`, over what a test puts before a client.
    func directory(over access: any DirectoryAccess) -> Directory {
        Directory(
            configuration: DirectoryConfiguration(
                connection: Self.connection(slapd, timeout: .seconds(30)),
                resolver: ResolverConfiguration(base: "dc=example,dc=org", attributeMap: .martlet),
                cache: CacheLifetimes()),
            logger: Self.logger, client: access)
    }

    /// The repository's root.
    static let root: String = {
        guard let here = realpath(#filePath, nil) else { return "." }
        defer { free(here) }
        return "/" + String(cString: here).split(separator: "/").dropLast(3).joined(separator: "/")
    }()
}

extension Resolution {
    /// One line for tables: recipients in order, `notLocal`, or code and status.
    var summary: String {
        switch self {
        case .deliver(let recipients):
            recipients.map { recipient in
                switch recipient.route {
                case .mailbox: "\(recipient.address)"
                case .remote(.host(let hop)): "remote:\(recipient.address)|\(hop)"
                case .remote(.domain): "domain:\(recipient.address)"
                case .remote: "remote:\(recipient.address)"
                case .unresolved: "unresolved:\(recipient.address)"
                }
            }.joined(separator: " ")
        case .askHosts(let address, let hosts):
            "ask:\(address)|" + hosts.map(\.description).joined(separator: ",")
        case .notLocal: "notLocal"
        case .rejected(let error): "\(error.code) \(error.status)"
        }
    }
}

func address(_ text: String) -> EmailAddress {
    EmailAddress(text) ?? EmailAddress(localPart: text, domain: "example.org")
}
