import Directory
import Logging
import TestSupport

/// What the tests of this target share: people to find, and clients of a private slapd.
enum Fixture {
    static let people = """
        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit
        ou: people

        dn: uid=alice,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: alice
        cn: Alice
        sn: Liddell
        mail: alice@example.org
        mail: a.liddell@example.org
        userPassword: wonderland

        dn: uid=bob,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: bob
        cn:: Qm9iIELDtmhtZQ==
        sn: Böhme
        mail: bob@example.org
        description: x
        userPassword: builder


        """

    static func options(_ more: String = "") -> SlapdOptions {
        SlapdOptions(ldif: people + more)
    }

    /// For what is to succeed on a slow machine, too; where a directory is silent, a test waits for it.
    static let patience = Duration.seconds(15)

    static func configuration(_ uris: String...) -> DirectoryConnectionConfiguration {
        DirectoryConnectionConfiguration(
            uris: uris, security: .none, operationTimeout: patience, connectTimeout: patience)
    }

    static func by(_ uid: String, limit: Int = 1000) -> SearchRequest {
        SearchRequest(
            base: "dc=example,dc=org", filter: .equal("uid", uid),
            attributes: ["uid", "mail", "cn", "entryUUID"], sizeLimit: limit)
    }

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Gives `body` a client and shuts it down after it.
    static func withClient<Value>(
        _ configuration: DirectoryConnectionConfiguration,
        _ body: (DirectoryClient) async throws -> Value
    ) async rethrows -> Value {
        let client = DirectoryClient(configuration: configuration, logger: silent)
        let value: Value
        do { value = try await body(client) } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
        return value
    }

    /// Asks again until the answer satisfies the condition, for two minutes at most.
    static func eventually<Value>(
        _ operation: () async throws -> Value, until condition: (Value) -> Bool
    ) async throws -> Value {
        let limit = ContinuousClock.now + .seconds(120)
        while true {
            let value = try await operation()
            if condition(value) || ContinuousClock.now > limit { return value }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension Lookup {
    var found: Value? { if case .found(let value) = self { value } else { nil } }
    var fault: DirectoryFault? { if case .unavailable(let fault) = self { fault } else { nil } }
    var isNotFound: Bool { if case .notFound = self { true } else { false } }
}

extension BindOutcome {
    var isUnavailable: Bool { if case .unavailable = self { true } else { false } }
    var isSuccess: Bool { if case .success = self { true } else { false } }
}
