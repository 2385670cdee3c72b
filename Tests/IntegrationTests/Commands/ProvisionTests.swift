import Testing
import TestSupport

/// `martlet provision`, each test with names of its own.
@Suite(.ownThreads) struct ProvisionTests {
    let server: RunningMartlet
    let files: TemporaryDirectory

    init() throws {
        server = try RunningMartlet.shared.get()
        files = try TemporaryDirectory()
        try TextFile.write(server.slapd.adminPassword + "\n", to: files.path + "/secret")
    }

    @Test func dryRunThenLoadThenMailFlows() throws {
        let ldif = Self.user("prov1") + "\n" + Self.user("prov2") + Self.modify("prov1", "add: mailLocalAddress\nmailLocalAddress: prov1.alias@example.org")
        let dry = try provision(ldif, "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("3 records checked, 0 problems; nothing was written"), "\(dry)")
        #expect(try server.martlet("explain", "prov1@example.org").status == 1)
        let loaded = try provision(ldif)
        #expect(loaded.status == 0 && loaded.output.contains("3 of 3 records loaded"), "\(loaded)")
        try server.deliver(to: ["prov1.alias@example.org", "prov2@example.org"], "Subject: welcome\r\n\r\n")
        for name in ["prov1", "prov2"] {
            let user = SampleUsers.User(address: "\(name)@example.org", password: "\(name)-secret")
            #expect(try server.messages(of: user)[0].contains("Subject: welcome"))
        }
    }

    /// Line counts from 1; each record takes ten lines with its empty one.
    @Test(arguments: [
        ("shared by two records", user("dup1") + "\n" + user("dup2", "mailLocalAddress: DUP1@example.org"), ":20: ", "dup1@example.org"),
        ("shared with the directory", user("dup3", "mailLocalAddress: alice@example.org"), ":10: ", "alice@example.org"),
        ("login of another entry", user("log1", "uid: Alice"), ":10: ", "login alice already belongs to uid=alice,"),
        ("login of two records", user("log2") + "\n" + user("log3", "uid: log2"), ":20: ", "login log2 is also given to uid=log2,"),
        ("unknown domain", user("dom1", "mailLocalAddress: dom1@unknown.example"), ":10: ", "unknown.example"),
        ("bad quota", user("quota1", "martletQuota: lots"), ":10: ", "lots"),
        ("bad status", user("status1", "martletStatus: sleeping"), ":10: ", "sleeping"),
        ("bad routing host", domain("route1.example", "martletRoutingHost: 10 relay example"), ":7: ", "relay example"),
        ("bad network", domain("route2.example", "martletRetrieval: etrn\nmartletRetrievalNetwork: 192.0.2.0/64"), ":8: ", "192.0.2.0/64"),
        ("bad time", domain("route3.example", "martletHoldTime: forever"), ":7: ", "forever"),
        ("bad home server", user("home1", "mailHost: two hosts"), ":10: ", "two hosts"),
        ("not an address", user("addr1", "mailLocalAddress: addr1"), ":10: ", "addr1"),
        ("missing parent", user("par1").replacing("ou=people,", with: "ou=nowhere,"), ":1: ", "ou=nowhere"),
        ("there already", user("alice"), ":1: ", "uid=alice"),
        ("twice in the file", user("twice1") + "\n" + user("twice1"), ":11: ", "uid=twice1"),
        ("modified but not there", modify("ghost1", "add: mail\nmail: ghost1@example.org"), ":2: ", "uid=ghost1"),
        ("not LDIF", "dn: cn=x,dc=example,dc=org\nthis is no LDIF\n", ":2: ", ""),
        ("unknown class", user("class1", "objectClass: frobnicator"), ":10: ", "no object class frobnicator"),
        ("unknown attribute", user("attr1", "mailHots: mx.example.org"), ":10: ", "no attribute mailHots"),
        ("attribute not allowed", user("attr2", "associatedDomain: example.org"), ":10: ", "do not allow associatedDomain (domainRelatedObject would allow it)"),
        ("attribute missing", user("miss1").replacing("sn: Test\n", with: ""), ":1: ", "lacks sn, which person requires"),
        ("auxiliary classes only", user("miss2").replacing("objectClass: inetOrgPerson\n", with: ""), ":1: ", "has auxiliary object classes only"),
        ("unknown attribute of a change", modify("alice", "add: mailHots\nmailHots: x"), ":4: ", "no attribute mailHots"),
        ("change not allowed", modify("alice", "add: associatedDomain\nassociatedDomain: example.org"), ":4: ", "do not allow associatedDomain"),
        ("bad base64", "dn:: !!!!\nobjectClass: person\n", ":1: ", ""),
    ])
    func problems(_ name: String, _ ldif: String, _ line: String, _ said: String) throws {
        for result in [try provision(ldif, "--dry-run"), try provision(ldif)] {
            #expect(result.status == 1, "\(name): \(result)")
            #expect(result.output.contains("people.ldif\(line)"), "\(name): \(result)")
            #expect(result.output.contains(said), "\(name): \(result)")
            #expect(result.output.contains("nothing was written"), "\(name): \(result)")
        }
    }

    @Test func refusedHalfWay() throws {
        // The syntax of values is only known to the directory.
        let ldif = Self.user("half1") + "\n" + Self.user("half2", "manager: nobody") + "\n"
            + Self.user("half3") + "\n" + Self.user("half4")
        let result = try provision(ldif)
        #expect(result.status == 1, "\(result)")
        for text in [
            "1 of 4 records loaded", "Loaded up to and including: \(files.path)/people.ldif:1 uid=half1",
            "Stopped at: \(files.path)/people.ldif:11 uid=half2", "(not loaded)", "Not attempted: 2 records",
        ] { #expect(result.output.contains(text), "\(text): \(result)") }
        #expect(try server.martlet("explain", "half1@example.org").status == 0)
        #expect(try server.martlet("explain", "half3@example.org").status == 1)
        let mended = try provision(ldif.replacing("manager: nobody\n", with: ""), "--skip-existing")
        #expect(mended.status == 0 && mended.output.contains("3 of 4 records loaded, 1 already there"), "\(mended)")
        // Changes that were made before are passed over, too.
        let change = Self.modify("half1", "add: mailLocalAddress\nmailLocalAddress: half1.alias@example.org")
        #expect(try provision(change).status == 0)
        #expect(try provision(change).status == 1)
        let again = try provision(change, "--skip-existing")
        #expect(again.status == 0, "\(again)")
        let json = try provision(ldif, "--json", "--dry-run")
        #expect(json.status == 1 && json.output.contains("\"problems\" : ["), "\(json)")
    }

    /// What a change adds may be allowed by a class that it adds as well, or by one that the entry has.
    @Test func changesThatTheSchemaAllows() throws {
        let ldif = Self.user("fit1") + Self.modify("fit1", "add: objectClass\nobjectClass: domainRelatedObject\n-\nadd: associatedDomain\nassociatedDomain: fit1.example")
        let result = try provision(ldif, "--dry-run")
        #expect(result.status == 0, "\(result)")
        let there = try provision(Self.modify("bob", "add: seeAlso\nseeAlso: cn=admin,dc=example,dc=org"), "--dry-run")
        #expect(there.status == 0, "\(there)")
    }

    @Test func wrongUse() throws {
        #expect(try provision(Self.user("use1"), credentials: "wrong").status == 75)
        #expect(try server.martlet("provision", files.path + "/nothing.ldif").status == 1)
        #expect(try server.martlet("provision").status == 64)
        let file = try server.martlet("provision", "--bind-dn", "cn=x", "--password-file", "/nowhere", files.path + "/x.ldif")
        #expect(file.status == 64 && file.output.contains("--password-file /nowhere: No such file"), "\(file)")
        #expect(try server.martlet("provision", "--bind-dn", "cn=x", files.path + "/secret").status == 64)
        // The server's own account may not write: the directory says so, for the first record.
        try TextFile.write(Self.user("use2"), to: files.path + "/people.ldif")
        let refused = try server.martlet("provision", files.path + "/people.ldif")
        #expect(refused.status == 1 && refused.output.contains("0 of 1 record loaded"), "\(refused)")
    }

    // MARK: -

    private func provision(
        _ ldif: String, _ arguments: String..., credentials: String? = nil
    ) throws -> Tool.Result {
        try TextFile.write(ldif, to: files.path + "/people.ldif")
        if let credentials { try TextFile.write(credentials, to: files.path + "/secret") }
        return try Tool.run(
            [try RunningMartlet.binary(), "provision", "--config", server.configuration]
                + ["--bind-dn", server.slapd.adminDN, "--password-file", files.path + "/secret"]
                + arguments + [files.path + "/people.ldif"])
    }

    /// Nine lines, and one more with `line`.
    private static func user(_ name: String, _ line: String? = nil) -> String {
        """
        dn: uid=\(name),ou=people,ou=example.org,ou=mail,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: inetLocalMailRecipient
        objectClass: martletUser
        uid: \(name)
        cn: \(name)
        sn: Test
        mail: \(name)@example.org
        userPassword: \(name)-secret
        \(line.map { $0 + "\n" } ?? "")
        """
    }

    private static func domain(_ name: String, _ lines: String) -> String {
        """
        dn: ou=\(name),ou=mail,dc=example,dc=org
        objectClass: organizationalUnit
        objectClass: domainRelatedObject
        objectClass: martletDomain
        ou: \(name)
        associatedDomain: \(name)
        \(lines)

        """
    }

    private static func modify(_ name: String, _ lines: String) -> String {
        """

        dn: uid=\(name),ou=people,ou=example.org,ou=mail,dc=example,dc=org
        changetype: modify
        \(lines)
        -

        """
    }
}
