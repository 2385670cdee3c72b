import Directory
import TestSupport
import Testing

@Suite struct BindTests {
    private static let policy = """
        dn: ou=policies,dc=example,dc=org
        objectClass: organizationalUnit
        ou: policies

        dn: cn=default,ou=policies,dc=example,dc=org
        objectClass: device
        objectClass: pwdPolicy
        cn: default
        pwdAttribute: userPassword
        pwdLockout: TRUE
        pwdMaxFailure: 2
        pwdMustChange: TRUE
        pwdMaxAge: 86400
        pwdExpireWarning: 86400

        dn: cn=grace,ou=policies,dc=example,dc=org
        objectClass: device
        objectClass: pwdPolicy
        cn: grace
        pwdAttribute: userPassword
        pwdMaxAge: 60
        pwdGraceAuthNLimit: 3

        dn: uid=reset,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: reset
        cn: Reset
        sn: Reset
        userPassword: secret
        pwdReset: TRUE

        dn: uid=expired,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: expired
        cn: Expired
        sn: Expired
        userPassword: secret
        pwdChangedTime: 20200101000000Z

        dn: uid=grace,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: grace
        cn: Grace
        sn: Grace
        userPassword: secret
        pwdChangedTime: 20200101000000Z
        pwdPolicySubentry: cn=grace,ou=policies,dc=example,dc=org


        """

    private func bind(_ client: DirectoryClient, _ uid: String, _ password: String) async -> BindOutcome {
        await client.bind(
            dn: "uid=\(uid),ou=people,dc=example,dc=org", password: Array(password.utf8))
    }

    @Test func `Right, wrong, unknown and no password`() async throws {
        let slapd = try PrivateSlapd(Fixture.options())
        try await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            #expect(await bind(client, "alice", "wonderland") == .success(warnings: []))
            #expect(await bind(client, "alice", "looking-glass") == .invalidCredentials)
            #expect(await bind(client, "carol", "x") == .invalidCredentials)
            #expect(await bind(client, "alice", "wonderland") == .success(warnings: []))
            // The search connection's own bind may or may not be counted yet.
            let before = try await Fixture.eventually {
                _ = await client.search(Fixture.by("bob"))
                return try slapd.operationCount("Bind")
            } until: { $0 == 5 }
            #expect(await bind(client, "alice", "") == .invalidCredentials)
            #expect(await client.bind(dn: "", password: [1]) == .refused("not a name: ''"))
            #expect(try slapd.operationCount("Bind") == before)
        }
    }

    @Test func `The password policy's answers are told apart`() async throws {
        var options = Fixture.options(Self.policy)
        options.hasPasswordPolicy = true
        let slapd = try PrivateSlapd(options)
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            #expect(await bind(client, "reset", "secret") == .mustChange)
            guard case .passwordExpired = await bind(client, "expired", "secret") else {
                Issue.record("expired: \(await bind(client, "expired", "secret"))")
                return
            }
            #expect(
                await bind(client, "grace", "secret")
                    == .success(warnings: [.graceLogins(remaining: 2)]))
            _ = await bind(client, "bob", "wrong")
            _ = await bind(client, "bob", "wrong")
            guard case .locked = await bind(client, "bob", "builder") else {
                Issue.record("locked: \(await bind(client, "bob", "builder"))")
                return
            }
            #expect(await bind(client, "alice", "wonderland").isSuccess)
        }
    }

    @Test func `Checks beyond the queue's bound are unavailable`() async throws {
        let slapd = try PrivateSlapd(Fixture.options())
        var configuration = Fixture.configuration(slapd.uri)
        // Neither side may notice the outage before all eight have asked.
        configuration.connectTimeout = .seconds(60)
        configuration.bindConnections = 1
        configuration.maximumWaitingBinds = 2
        slapd.pause()
        await Fixture.withClient(configuration) { client in
            let outcomes = await withTaskGroup(of: BindOutcome.self) { group in
                for _ in 0..<8 { group.addTask { await bind(client, "alice", "wonderland") } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.allSatisfy { $0.isUnavailable })
            #expect(outcomes.contains { "\($0)".contains("wait already") })
            slapd.resume()
        }
    }

    @Test func `Forty logins at once`() async throws {
        let slapd = try PrivateSlapd(Fixture.options())
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            let good = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let isRight = number % 2 == 0
                        let outcome = await bind(client, "alice", isRight ? "wonderland" : "no")
                        return outcome == (isRight ? .success(warnings: []) : .invalidCredentials)
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(good == 40)
        }
    }
}
