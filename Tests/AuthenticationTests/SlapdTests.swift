import Directory
import Logging
import TestSupport
import Testing

@testable import Authentication

/// The whole way to a real slapd with a password policy that locks after three failures.
@Suite struct SlapdTests {
    private static let ldif = """
        dn: ou=policies,dc=example,dc=org
        objectClass: organizationalUnit
        ou: policies

        dn: cn=default,ou=policies,dc=example,dc=org
        objectClass: device
        objectClass: pwdPolicy
        cn: default
        pwdAttribute: userPassword
        pwdLockout: TRUE
        pwdMaxFailure: 3

        dn: ou=domains,dc=example,dc=org
        objectClass: organizationalUnit
        objectClass: domainRelatedObject
        ou: domains
        associatedDomain: example.org

        dn: uid=alice,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: authPasswordObject
        uid: alice
        cn: Alice
        sn: Liddell
        mail: alice@example.org
        userPassword: \(Fixture.password)
        authPassword: \(Fixture.secrets[0])
        authPassword: \(Fixture.secrets[1])
        authPassword: \(Fixture.secrets[2])

        dn: uid=bob,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: bob
        cn: Bob
        sn: Builder
        mail: bob@example.org
        userPassword: b0b

        dn: uid=jurgen,dc=example,dc=org
        objectClass: inetOrgPerson
        uid:: asO8cmdlbg==
        uid: jurgen
        cn: Juergen
        sn: Builder
        mail: jurgen@example.org
        userPassword:: cMOkc3PDuA==

        dn: uid=rene,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: rene
        cn: Rene
        sn: Builder
        mail: rene@example.org
        userPassword:: bcKy


        """

    private static func withService(
        _ body: (SASLService, PrivateSlapd) async throws -> Void
    ) async throws {
        SASLService.prepare(logger: Logger(label: "test"))
        var options = SlapdOptions(ldif: ldif)
        options.hasPasswordPolicy = true
        let slapd = try PrivateSlapd(options)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let directory = Directory(
            configuration: DirectoryConfiguration(
                connection: DirectoryConnectionConfiguration(
                    uris: [slapd.uri], security: .none, operationTimeout: .seconds(30),
                    connectTimeout: .seconds(30)),
                base: "dc=example,dc=org"),
            logger: logger)
        let service = SASLService(
            directory: directory, configuration: AuthenticationConfiguration(), logger: logger)
        do { try await body(service, slapd) } catch {
            await directory.shutDown()
            throw error
        }
        await directory.shutDown()
    }

    private static func login(
        _ service: SASLService, _ login: String, _ password: String
    ) async -> AuthenticationOutcome {
        await service.verifyPassword(
            login: login, password: Array(password.utf8), Fixture.encrypted(service: "pop"))
    }

    @Test func stalePasswordDoesNotLockItsOwnerOut() async throws {
        try await Self.withService { service, slapd in
            let before = try slapd.operationCount("Bind")
            for _ in 0..<20 {
                let outcome = await Self.login(service, "bob", "stale")
                #expect(outcome.failure?.kind == .invalidCredentials)
            }
            #expect(await Self.login(service, "bob@example.org", "stale").failure != nil)
            let outcome = await Self.login(service, "bob", "b0b")
            #expect(outcome.login == "bob", "\(outcome)")
            #expect(try slapd.operationCount("Bind") - before <= 4)
        }
    }

    /// A failure is no change of the password, else a device with a stale one would be a failure in the
    /// directory each time that its account is looked up.
    @Test func aWrongPasswordIsForgottenWhenThePasswordChanges() async throws {
        try await Self.withService { service, slapd in
            let directory = try #require(service.directory as? Directory)
            func changed() async throws -> String? {
                directory.invalidate()
                guard case .found(let account) = await directory.account(login: "bob")
                else { throw TestFailure("no bob") }
                return account.passwordChanged
            }
            let before = try await changed()
            #expect(await Self.login(service, "bob", "builder").failure?.kind == .invalidCredentials)
            #expect(await Self.login(service, "bob", "b0b").login == "bob")
            #expect(try await changed() == before)
            try slapd.modify(
                "dn: uid=bob,dc=example,dc=org\nchangetype: modify\nreplace: userPassword\n"
                    + "userPassword: builder\n")
            let after = try await changed()
            #expect(after != nil && after != before)
            let outcome = await Self.login(service, "bob", "builder")
            #expect(outcome.login == "bob", "\(outcome)")
        }
    }

    /// By SASLprep, whatever form a client sends; and by a password that was stored without it.
    @Test func outsideASCII() async throws {
        try await Self.withService { service, slapd in
            let login = "ju\u{308}rgen"
            let before = try slapd.operationCount("Bind")
            let outcome = await Self.login(service, login, "pa\u{308}ss\u{F8}")
            #expect(outcome.failure == nil, "\(outcome)")
            #expect(await Self.login(service, "jurgen", "p\u{E4}ss\u{F8}").failure == nil)
            #expect(await Self.login(service, "jurgen", "p\u{E4}ss\u{F8}\u{7}").failure?.kind == .invalidCredentials)
            #expect(await Self.login(service, "rene", "m\u{B2}").login == "rene")
            // A connection of the directory's own may bind, too.
            #expect(try slapd.operationCount("Bind") - before <= 5)
        }
    }

    @Test func lockedByGuesses() async throws {
        try await Self.withService { service, _ in
            for number in 0..<3 { _ = await Self.login(service, "bob", "guess\(number)") }
            let failure = await Self.login(service, "bob", "b0b").failure
            #expect(failure?.isShownAsInvalidCredentials == true)
            // Someone else's login is his own.
            #expect(await Self.login(service, "alice", Fixture.password).login == "alice")
        }
    }

    @Test func mechanisms() async throws {
        try await Self.withService { service, _ in
            var context = Fixture.encrypted()
            context.channelBinding = { _ in nil }
            for mechanism in ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"] {
                let client = LibraryClient(login: "alice@example.org", password: Fixture.password)
                let outcome = await client.run(mechanism, on: service, context)
                #expect(outcome?.login == "alice", "\(mechanism)")
            }
            let stranger = LibraryClient(login: "nobody", password: "x")
            let outcome = await stranger.run("SCRAM-SHA-256", on: service, context)
            #expect(outcome?.failure?.kind == .invalidCredentials)
        }
    }

    @Test func silenceIsNotARefusal() async throws {
        try await Self.withService { service, slapd in
            #expect(await Self.login(service, "bob", "b0b").login == "bob")
            slapd.stop()
            #expect(await Self.login(service, "bob", "b0b").login == "bob")
            #expect(await Self.login(service, "bob", "other").failure?.kind == .unavailable)
            #expect(await Self.login(service, "carol", "x").failure?.kind == .unavailable)
        }
    }
}
