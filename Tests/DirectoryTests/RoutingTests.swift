import Directory
import MailModel
import TestSupport
import Testing

/// Mail that the directory sends to other hosts.
@Suite struct RoutingTests {
    private static let more = """
        dn: ou=odd,ou=mail,dc=example,dc=org
        objectClass: organizationalUnit
        ou: odd

        \(domain("routed.example", "martletRoutingHost: 20 backup.example\nmartletRoutingHost: 10 relay.example:2525"))
        \(domain("alias.example", "martletAliasOf: routed.example"))
        \(domain("ownway.example", "martletAliasOf: caught.example\nmartletRoutingHost: own.example"))
        \(domain("caught.example", "martletRoutingHost: relay.example\nmartletCatchAll: alice@example.org"))
        \(domain("typo.example", "martletRoutingHost: relay example"))
        \(domain("halftypo.example", "martletRoutingHost: relay example\nmartletRoutingHost: good.example"))
        \(domain("self.example", "martletRoutingHost: mx.example.org"))
        \(domain("held.example", "martletRoutingHost: relay.example\nmartletStatus: hold"))
        \(domain("members.example", "martletMemberHost: 20 two.example\nmartletMemberHost: 10 one.example\nmartletMemberHost: MX.example.org\nmartletRoutingHost: relay.example"))
        \(domain("onlyme.example", "martletMemberHost: mx.example.org"))
        \(domain("memtypo.example", "martletMemberHost: one.example\nmartletMemberHost: two example"))
        \(domain("away.example", "martletRetrieval: atrn"))
        \(domain("named.example", "martletRoutingHost: relay.example\nmartletPostmaster: alice@example.org"))
        \(user("rita", "mailLocalAddress: rita@routed.example\nmailLocalAddress: rita@members.example"))
        \(user("fwd", "martletForwardingAddress: Any.One@routed.example"))
        \(user("fwdmember", "martletForwardingAddress: any+x@members.example"))
        \(group("mixed", "rfc822MailMember: a@routed.example\nrfc822MailMember: b@members.example\nrfc822MailMember: c@typo.example\nmember: \(ResolutionTests.alice)"))
        \(user("lmtp", "mailHost: lmtp:store.example:2424"))
        \(user("renamed", "mailHost: store.example\nmailRoutingAddress: r17@store.example"))
        \(user("renamedhere", "mailHost: mx.example.org\nmailRoutingAddress: alice@example.org"))
        \(user("samehere", "mailHost: mx.example.org\nmailRoutingAddress: samehere@example.org"))
        \(user("samethere", "mailHost: store.example\nmailRoutingAddress: samethere@example.org"))
        \(user("both", "mailHost: store.example\nmailRoutingAddress: b9@store.example\nmartletForwardingAddress: bob@example.org\nmartletKeepCopy: TRUE"))
        \(user("instead", "mailHost: store.example\nmailRoutingAddress: i9@store.example\nmartletForwardingAddress: bob@example.org"))
        dn: cn=printer,ou=odd,ou=mail,dc=example,dc=org
        objectClass: applicationProcess
        objectClass: inetLocalMailRecipient
        cn: printer
        mailLocalAddress: printer@example.org
        mailHost: print.example

        dn: cn=scanner,ou=odd,ou=mail,dc=example,dc=org
        objectClass: applicationProcess
        objectClass: inetLocalMailRecipient
        cn: scanner
        mailLocalAddress: scanner@example.org
        mailHost: print.example
        mailRoutingAddress: scan@print.example

        """

    private static func domain(_ name: String, _ lines: String) -> String {
        ResolutionTests.domain(name, lines)
    }
    private static func user(_ name: String, _ lines: String) -> String {
        ResolutionTests.user(name, lines)
    }
    private static func group(_ name: String, _ lines: String) -> String {
        ResolutionTests.group(name, lines)
    }

    private static let table: [(String, String)] = [
        // Who is here stays here.
        ("rita@routed.example", "rita@example.org"),
        ("rita+x@routed.example", "rita@example.org"),
        ("rita@alias.example", "rita@example.org"),
        ("rita@members.example", "rita@example.org"),
        // Others go on, spelt as they came.
        ("Some.One+X@Routed.Example", "domain:Some.One+X@routed.example"),
        ("some.one@alias.example", "domain:some.one@alias.example"),
        ("x@away.example", "domain:x@away.example"),
        ("x@halftypo.example", "domain:x@halftypo.example"),
        ("X.Y@held.example", "unresolved:X.Y@held.example"),
        // A catch-all is asked for by name; an alias with a host of its own has none.
        ("x@caught.example", "alice@example.org"),
        ("x@ownway.example", "domain:x@ownway.example"),
        // Mail never goes from here to here; what can't be read stops it for now.
        ("x@self.example", "550 5.1.1"),
        ("x@onlyme.example", "550 5.1.1"),
        ("x@typo.example", "451 4.3.5"),
        ("x@memtypo.example", "451 4.3.5"),
        // Distributed domains.
        ("New.One+box@members.example", "ask:New.One+box@members.example|one.example,two.example"),
        // Postmaster.
        ("postmaster@routed.example", "domain:postmaster@routed.example"),
        ("postmaster@named.example", "alice@example.org"),
        ("postmaster@members.example", "bob@example.org"),
        ("postmaster@typo.example", "451 4.3.5"),
        // By way of forwards and groups.
        ("fwd@example.org", "domain:Any.One@routed.example"),
        ("fwdmember@example.org", "unresolved:any+x@members.example"),
        ("mixed@example.org",
            "alice@example.org domain:a@routed.example unresolved:b@members.example "
                + "unresolved:c@typo.example"),
        // mailHost and mailRoutingAddress.
        ("lmtp@example.org", "remote:lmtp@example.org|lmtp:store.example:2424"),
        ("renamed@example.org", "remote:r17@store.example|store.example"),
        ("renamedhere@example.org", "alice@example.org"),
        ("samehere@example.org", "samehere@example.org"),
        ("samethere@example.org", "remote:samethere@example.org|store.example"),
        ("both@example.org", "remote:b9@store.example|store.example bob@example.org"),
        ("instead@example.org", "bob@example.org"),
        ("printer@example.org", "remote:printer@example.org|print.example"),
        ("scanner@example.org", "remote:scan@print.example|print.example"),
    ]

    private func sample() throws -> SampleDirectory {
        try SampleDirectory(more: Self.more) {
            $0.localHosts = ["mx.example.org"]
            $0.postmaster = EmailAddress(localPart: "bob", domain: "example.org")
        }
    }

    @Test func everyRule() async throws {
        let sample = try sample()
        for (text, expected) in Self.table {
            let resolution = await sample.directory.resolve(address(text))
            #expect(resolution.summary == expected, "\(text): \(resolution)")
        }
        await sample.directory.shutDown()
    }

    @Test func explained() async throws {
        let sample = try sample()
        let routed = await sample.directory.explain(address("x@routed.example")).text
        #expect(
            routed.contains(
                "no entry has x@routed.example; goes to relay.example:2525, backup.example "
                    + "(martletRoutingHost of \"ou=routed.example,ou=mail,dc=example,dc=org\")"),
            "\(routed)")
        #expect(routed.contains("=> deliver\n   x@routed.example  remote, to the hosts of"))
        let asked = await sample.directory.explain(address("x@members.example"))
        #expect(asked.outcome == "ask one.example, two.example")
        #expect(asked.text.contains("to be asked: one.example, two.example (martletMemberHost of"))
        let away = await sample.directory.explain(address("x@away.example")).text
        #expect(away.contains("waits for the domain's host (martletRetrieval: atrn)"))
        await sample.directory.shutDown()
    }

    /// A gateway has no users; a directory that has lost its users is not believed.
    @Test func gatewaysAndLostUsers() async throws {
        let gateway = try SampleDirectory(
            ["00-base"], more: Self.domain("routed.example", "martletRoutingHost: relay.example"))
        #expect(await gateway.directory.resolve(address("x@routed.example")).summary
            == "domain:x@routed.example")
        await gateway.directory.shutDown()

        let users = "ou=odd,ou=mail,dc=example,dc=org"
        let sample = try SampleDirectory(
            ["00-base"],
            more: """
                dn: \(users)
                objectClass: organizationalUnit
                ou: odd

                \(Self.domain("routed.example", "martletRoutingHost: relay.example"))
                \(Self.user("rita", "mailLocalAddress: rita@routed.example"))

                """, cache: CacheLifetimes(positive: .zero, negative: .zero, stale: .zero))
        #expect(await sample.directory.resolve(address("rita@routed.example")).summary
            == "rita@example.org")
        try sample.slapd.modify("dn: uid=rita,\(users)\nchangetype: delete\n")
        #expect(await sample.directory.resolve(address("rita@routed.example")).summary == "451 4.4.3")
        await sample.directory.shutDown()
    }

    @Test func whatADomainSays() async throws {
        let sample = try SampleDirectory(
            more: """
                \(Self.domain("full.example", """
                    martletSmartHost: 10 smart.example:587
                    martletDKIMKey: second
                    martletDKIMKey: first
                    martletTLSPolicy: DANE
                    martletMaximumRecipients: 50
                    martletMaximumMessageSize: 10M
                    martletQueueWeight: 7
                    """))
                \(Self.domain("copy.example", "martletAliasOf: full.example\nmartletQueueWeight: 500\nmartletTLSPolicy: Encrpyt"))

                """)
        guard case .found(let full) = await sample.directory.domain(named: "Full.Example"),
            case .found(let copy) = await sample.directory.domain(named: "copy.example"),
            case .found(let plain) = await sample.directory.domain(named: "example.org")
        else { return #expect(Bool(false)) }
        #expect(full.smartHosts.hops == [NextHop(host: "smart.example", port: 587)])
        #expect(full.dkimKeys == ["first", "second"] && full.tlsPolicy == "dane")
        #expect(full.maximumRecipients == 50 && full.maximumMessageSize == 10 << 20)
        #expect(full.queueWeight == 7)
        #expect(copy.smartHosts == full.smartHosts && copy.dkimKeys == full.dkimKeys)
        #expect(copy.queueWeight == 7 && copy.maximumRecipients == 50)
        // A policy that nobody knows is not the other domain's.
        #expect(copy.tlsPolicy == "encrpyt")
        #expect(plain.smartHosts.isEmpty && plain.tlsPolicy == nil && plain.retrieval == nil)
        #expect(plain.maximumMessageSize == nil && plain.queueWeight == nil)
        await sample.directory.shutDown()
    }
}
