import Directory
import MailModel
import TestSupport
import Testing

@Suite struct AccountTests {
    private static let more = """
        dn: ou=odd,ou=mail,dc=example,dc=org
        objectClass: organizationalUnit
        ou: odd

        \(ResolutionTests.domain("closed.example", "martletStatus: disabled"))
        \(ResolutionTests.user("bob", "description: another bob").replacing("bob@", with: "bob2@"))
        \(ResolutionTests.user("sneaky", "mailLocalAddress: sneaky@example.com"))
        \(ResolutionTests.user("cross", "").replacing("mail: cross@example.org", with: "mail: cross@closed.example"))
        \(ResolutionTests.group("listeners", "member: \(ResolutionTests.alice)"))
        \(ResolutionTests.group("inner", "member: uid=carol,ou=people,ou=example.org,ou=mail,dc=example,dc=org\nmember: cn=outer,ou=odd,ou=mail,dc=example,dc=org"))
        \(ResolutionTests.group("outer", "member: cn=inner,ou=odd,ou=mail,dc=example,dc=org\nmartletMembersMaySend: TRUE"))
        dn: cn=dynamic,ou=odd,ou=mail,dc=example,dc=org
        objectClass: groupOfURLs
        objectClass: martletGroup
        cn: dynamic
        mail: dynamic@example.org
        martletMembersMaySend: TRUE
        memberURL: ldap:///ou=people,ou=example.net,ou=mail,dc=example,dc=org??sub?(objectClass=inetOrgPerson)

        dn: cn=route,ou=odd,ou=mail,dc=example,dc=org
        objectClass: applicationProcess
        objectClass: inetLocalMailRecipient
        cn: route
        mailLocalAddress: route@example.org
        mailRoutingAddress: bob@example.org

        """

    @Test func loginsByNameAndAddress() async throws {
        let sample = try SampleDirectory(more: Self.more)
        let table: [(String, String?)] = [
            ("alice", "alice@example.org"), ("ALICE", "alice@example.org"),
            ("alice.net", "alice@example.net"), ("alice@example.net", "alice@example.net"),
            ("A.Liddell@Example.Org", "alice@example.org"),
            ("alice@example.com", "alice@example.org"),
            ("sneaky@example.com", "sneaky@example.org"),
            ("dave", "dave@example.org"),
            ("nobody", nil), ("nobody@example.org", nil), ("anybody@example.net", nil),
            ("alice+x@example.org", nil), ("team@example.org", nil), ("", nil), ("*", nil),
            ("alice)(uid=*", nil), ("bob)(description=*", nil), ("alice\0", nil), ("\\2a", nil),
            (" alice", nil), ("alice ", nil), ("uid=alice,dc=example", nil),
            (String(repeating: "a", count: 321), nil), ("../../etc", nil),
        ]
        for (login, expected) in table {
            let found = await sample.directory.account(login: login)
            switch (found, expected) {
            case (.found(let account), let expected?):
                #expect("\(account.primaryAddress)" == expected, "\(login)")
            case (.notFound, nil): break
            default: Issue.record("\(login): \(found)")
            }
        }
        guard case .unavailable(let fault) = await sample.directory.account(login: "bob")
        else { return #expect(Bool(false)) }
        #expect(fault.isAmbiguous)
        #expect(fault.cause.contains("ou=odd") && fault.cause.contains("ou=people"))
        await sample.directory.shutDown()
    }

    @Test func whatAnAccountHolds() async throws {
        let sample = try SampleDirectory(more: Self.more)
        func account(_ login: String) async -> Account? {
            if case .found(let account) = await sample.directory.account(login: login) {
                account
            } else {
                nil
            }
        }
        let alice = try #require(await account("alice"))
        #expect(alice.addresses.map { "\($0)" }
            == ["alice@example.org", "a.liddell@example.org", "info@example.org"])
        #expect(alice.login == "alice" && alice.displayName == "Alice Liddell")
        #expect(alice.services == nil && alice.allows(.imap) && alice.status == .active)
        let grace = try #require(await account("grace"))
        #expect(grace.services == [.pop3, .smtp] && !grace.allows(.imap))
        #expect(await account("dave")?.status == .disabled)
        // A domain that is switched off switches its users off.
        #expect(await account("cross")?.status == .disabled)
        #expect(await account("frank")?.keepsCopy == true)
        guard case .found(let same) = await sample.directory.account(id: alice.id),
            case .notFound = await sample.directory.account(id: AccountID(high: 1, low: 2))
        else { return #expect(Bool(false)) }
        #expect(same == alice)
        await sample.directory.shutDown()
    }

    @Test func renameKeepsTheAccount() async throws {
        let sample = try SampleDirectory(
            cache: CacheLifetimes(positive: .seconds(3600), negative: .zero))
        guard case .found(let alice) = await sample.directory.account(login: "alice"),
            case .found = await sample.directory.account(id: alice.id)
        else { return #expect(Bool(false)) }
        try sample.slapd.modify(
            """
            dn: \(alice.dn)
            changetype: modrdn
            newrdn: uid=alicia
            deleteoldrdn: 1
            newsuperior: ou=people,ou=example.net,ou=mail,dc=example,dc=org
            """)
        // With the old name in hand the password is still right, and a wrong one still wrong.
        #expect(await sample.directory.authenticate(alice, password: Array("alice-secret".utf8))
            == .success(warnings: []))
        #expect(await sample.directory.authenticate(alice, password: Array("wrong".utf8))
            == .invalidCredentials)
        sample.directory.invalidate()
        // The name that was known leads to nobody.
        guard case .found(let alicia) = await sample.directory.current(alice)
        else { return #expect(Bool(false)) }
        #expect(alicia.login == "alicia" && alicia.id == alice.id)
        await sample.directory.shutDown()
    }

    @Test(arguments: [
        ("alice", "alice-secret"), ("bob@example.org", "bob-secret"), ("carol", "carol-secret"),
        ("dave", "dave-secret"), ("erin", "erin-secret"), ("frank", "frank-secret"),
        ("alice@example.net", "wonder-secret"), ("grace", "grace-secret"),
    ])
    func passwordsOfTheSamples(_ login: String, _ password: String) async throws {
        let sample = try SampleDirectory()
        guard case .found(let account) = await sample.directory.account(login: login)
        else { return #expect(Bool(false)) }
        #expect(await sample.directory.authenticate(account, password: Array(password.utf8))
            == .success(warnings: []))
        #expect(await sample.directory.authenticate(account, password: []) == .invalidCredentials)
        await sample.directory.shutDown()
    }

    @Test func scramSecrets() async throws {
        let sample = try SampleDirectory()
        guard case .found(let carol) = await sample.directory.account(login: "carol"),
            case .found(let bob) = await sample.directory.account(login: "bob"),
            case .found(let secrets) = await sample.directory.scramSecrets(for: carol),
            case .notFound = await sample.directory.scramSecrets(for: bob)
        else { return #expect(Bool(false)) }
        #expect(Set(secrets.map { String($0.prefix { $0 != "$" }) })
            == ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])
        await sample.directory.shutDown()
    }

    @Test func whoMaySendAsWhom() async throws {
        let sample = try SampleDirectory(more: Self.more)
        let table: [(String, String, Bool)] = [
            ("alice", "alice@example.org", true), ("alice", "ALICE@example.org", true),
            ("alice", "info@example.org", true), ("alice", "alice@example.com", true),
            ("alice", "alice+x@example.org", true), ("alice", "alice@example.net", false),
            ("alice", "bob2@example.org", false), ("alice", "team@example.org", true),
            ("alice", "everyone@example.org", false), ("carol", "team@example.org", false),
            ("alice", "listeners@example.org", false),
            ("carol", "outer@example.org", true), ("alice", "outer@example.org", false),
            ("grace", "anybody@example.net", false), ("grace", "dynamic@example.org", true),
            ("alice", "dynamic@example.org", false), ("bob@example.org", "route@example.org", true),
            ("alice", "route@example.org", false), ("alice", "alice@elsewhere.example", false),
            ("alice", "nobody@example.org", false), ("alice", "*@example.org", false),
        ]
        for (login, text, expected) in table {
            guard case .found(let account) = await sample.directory.account(login: login),
                case .found(let may) = await sample.directory.maySend(as: address(text), account)
            else {
                Issue.record("\(login) as \(text): no answer")
                continue
            }
            #expect(may == expected, "\(login) as \(text)")
        }
        await sample.directory.shutDown()
    }

    @Test func whoMayActAsWhom() async throws {
        let sample = try SampleDirectory()
        func may(_ actor: String, _ target: String) async -> Bool? {
            guard case .found(let actor) = await sample.directory.account(login: actor),
                case .found(let target) = await sample.directory.account(login: target),
                case .found(let may) = await sample.directory.mayAct(as: target, by: actor)
            else { return nil }
            return may
        }
        #expect(await may("bob", "alice") == true)
        #expect(await may("alice", "bob") == false)
        #expect(await may("alice", "alice") == true)
        #expect(await may("bob", "alice@example.net") == false)
        await sample.directory.shutDown()
    }

    @Test func certificates() async throws {
        let sample = try SampleDirectory(more: Self.more)
        func login(_ subject: String, _ emails: [String] = []) async -> String? {
            switch await sample.directory.account(certificate: subject, emails: emails) {
            case .found(let account): account.login
            case .notFound: nil
            case .unavailable(let fault): fault.isAmbiguous ? "ambiguous" : "\(fault)"
            }
        }
        #expect(await login("UID=alice, OU=people,OU=example.org,OU=mail,DC=example,DC=org") == "alice")
        #expect(await login("CN=x", ["carol@example.org"]) == "carol")
        #expect(await login("CN=x", ["carol@example.org", "carol@example.com"]) == "carol")
        #expect(await login("CN=x", ["carol@example.org", "alice@example.org"]) == "ambiguous")
        #expect(await login("CN=x", ["carol", "*"]) == nil)
        #expect(await login("not a name (") == nil)
        #expect(await login("ou=people,ou=example.org,ou=mail,dc=example,dc=org") == nil)
        await sample.directory.shutDown()
    }
}
