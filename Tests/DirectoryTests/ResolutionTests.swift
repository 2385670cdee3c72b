import Directory
import MailModel
import TestSupport
import Testing

/// Every rule of resolution on a real slapd, as a table.
@Suite struct ResolutionTests {
    /// Entries that show what the sample directory doesn't.
    static let more = """
        dn: ou=odd,ou=mail,dc=example,dc=org
        objectClass: organizationalUnit
        ou: odd

        \(domain("hold.example", "martletStatus: hold"))
        \(domain("paused.example", "martletStatus: inactive"))
        \(domain("closed.example", "martletStatus: disabled"))
        \(domain("strange.example", "martletStatus: sometimes"))
        \(domain("bare.example", "description: nobody is named"))
        \(user("inge", "martletStatus: inactive"))
        \(user("hugo", "martletStatus: hold"))
        \(user("what", "martletStatus: perhaps"))
        \(user("self", "martletForwardingAddress: SELF@example.org\nmartletForwardingAddress: x@far.example"))
        \(user("selfalias", "martletForwardingAddress: selfalias@example.com"))
        \(user("selfdetail", "martletForwardingAddress: selfdetail+copy@example.org"))
        \(user("loop1", "martletForwardingAddress: loop2@example.org"))
        \(user("loop2", "martletForwardingAddress: loop1@example.org"))
        \(user("half1", "martletForwardingAddress: half2@example.org"))
        \(user("half2", "martletForwardingAddress: half1@example.org\nmartletKeepCopy: TRUE"))
        \(user("dead", "martletForwardingAddress: nobody@example.org"))
        \(user("tosick", "martletForwardingAddress: inge@example.org"))
        \(user("away", "mailHost: Other.Example"))
        \(user("home", "mailHost: mx.example.org"))
        \(user("routed", "mailRoutingAddress: routed@far.example"))
        \(user("twin1", "mailLocalAddress: twin@example.org"))
        \(user("twin2", "mailLocalAddress: twin@example.org"))
        \(user("plus", "mailLocalAddress: plus+exact@example.org"))
        \(user("exactplus", "mailLocalAddress: bob+exact@example.org"))
        \(user("inalias", "mailLocalAddress: carol@example.com"))
        \(user("quoted", "mailLocalAddress: \"john doe\"@example.org"))
        \(group("circle1", "member: cn=circle2,ou=odd,ou=mail,dc=example,dc=org"))
        \(group("circle2", "member: cn=circle1,ou=odd,ou=mail,dc=example,dc=org"))
        \(group("spiral", "member: cn=spiral,ou=odd,ou=mail,dc=example,dc=org\nmember: \(alice)"))
        \(group("gone", "member: uid=none,dc=example,dc=org"))
        \(group("badname", "member: \(alice)\nmember: cn=x\\, y,ou=odd,ou=mail,dc=example,dc=org"))
        \(group("mixed", "member: uid=dave,ou=people,ou=example.org,ou=mail,dc=example,dc=org\nmember: \(alice)\nmember: uid=inge,ou=odd,ou=mail,dc=example,dc=org\nmember: ou=odd,ou=mail,dc=example,dc=org"))
        \(group("byaddress", "member: ou=odd,ou=mail,dc=example,dc=org\nrfc822MailMember: a.liddell@EXAMPLE.org\nrfc822MailMember: alice@example.com\nrfc822MailMember: far@far.example\nrfc822MailMember: FAR@far.example"))
        dn: cn=dynamic,ou=odd,ou=mail,dc=example,dc=org
        objectClass: groupOfURLs
        objectClass: martletGroup
        cn: dynamic
        mail: dynamic@example.org
        martletMembersMaySend: TRUE
        memberURL: ldap:///ou=people,ou=example.net,ou=mail,dc=example,dc=org??sub?(objectClass=inetOrgPerson)

        dn: cn=unique,ou=odd,ou=mail,dc=example,dc=org
        objectClass: groupOfUniqueNames
        objectClass: inetLocalMailRecipient
        cn: unique
        mailLocalAddress: unique@example.org
        uniqueMember: \(alice)

        dn: cn=route,ou=odd,ou=mail,dc=example,dc=org
        objectClass: applicationProcess
        objectClass: inetLocalMailRecipient
        cn: route
        mailLocalAddress: route@example.org
        mailRoutingAddress: bob@example.org

        dn: cn=thing,ou=odd,ou=mail,dc=example,dc=org
        objectClass: applicationProcess
        objectClass: inetLocalMailRecipient
        cn: thing
        mailLocalAddress: thing@example.org

        """

    static let alice = "uid=alice,ou=people,ou=example.org,ou=mail,dc=example,dc=org"

    static func domain(_ name: String, _ lines: String) -> String {
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

    static func user(_ name: String, _ lines: String) -> String {
        """
        dn: uid=\(name),ou=odd,ou=mail,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: martletUser
        uid: \(name)
        cn: \(name)
        sn: \(name)
        mail: \(name)@example.org
        \(lines)

        """
    }

    static func group(_ name: String, _ lines: String) -> String {
        """
        dn: cn=\(name),ou=odd,ou=mail,dc=example,dc=org
        objectClass: groupOfNames
        objectClass: martletGroup
        cn: \(name)
        mail: \(name)@example.org
        \(lines)

        """
    }

    static let table: [(String, String)] = [
        // Users, by every address, in any case.
        ("alice@example.org", "alice@example.org"),
        ("ALICE@Example.ORG", "alice@example.org"),
        ("a.liddell@example.org", "alice@example.org"),
        ("alice@example.net", "alice@example.net"),
        ("\"john doe\"@example.org", "quoted@example.org"),
        ("nobody@example.org", "550 5.1.1"),
        ("thing@example.org", "550 5.1.1"),
        ("alice@nowhere.example", "notLocal"),
        // Domains.
        ("alice@example.com", "alice@example.org"),
        ("carol@example.com", "inalias@example.org"),
        ("x@hold.example", "unresolved:x@hold.example"),
        ("x@paused.example", "450 4.2.1"),
        ("x@closed.example", "550 5.2.1"),
        ("x@strange.example", "450 4.2.1"),
        // Subaddresses.
        ("alice+news@example.org", "alice@example.org"),
        ("alice+a+b@example.com", "alice@example.org"),
        ("bob+exact@example.org", "exactplus@example.org"),
        ("+bob@example.org", "550 5.1.1"),
        // Catch-all and postmaster.
        ("anybody@example.net", "grace@example.net"),
        ("postmaster@example.org", "alice@example.org"),
        ("PostMaster@example.com", "alice@example.org"),
        ("postmaster@example.net", "grace@example.net"),
        ("postmaster@bare.example", "451 4.3.5"),
        // Status.
        ("dave@example.org", "550 5.2.1"),
        ("inge@example.org", "450 4.2.1"),
        ("hugo@example.org", "unresolved:hugo@example.org"),
        ("what@example.org", "450 4.2.1"),
        // Forwarding.
        ("erin@example.org", "remote:erin@elsewhere.example"),
        ("frank@example.org", "frank@example.org bob@example.org"),
        ("self@example.org", "self@example.org remote:x@far.example"),
        ("selfalias@example.org", "selfalias@example.org"),
        ("selfdetail@example.org", "selfdetail@example.org"),
        ("loop1@example.org", "550 5.4.6"),
        ("half1@example.org", "half2@example.org"),
        ("half2@example.org", "half2@example.org"),
        ("dead@example.org", "550 5.1.1"),
        ("tosick@example.org", "unresolved:inge@example.org"),
        ("away@example.org", "remote:away@example.org|other.example"),
        ("home@example.org", "home@example.org"),
        ("routed@example.org", "remote:routed@far.example"),
        // Aliases.
        ("sales@example.org", "bob@example.org"),
        ("route@example.org", "bob@example.org"),
        // Groups.
        ("team@example.org", "alice@example.org bob@example.org"),
        ("everyone@example.org",
            "alice@example.org bob@example.org carol@example.org alice@example.net"),
        ("everyone@example.com",
            "alice@example.org bob@example.org carol@example.org alice@example.net"),
        ("partners@example.org", "carol@example.org remote:partner@elsewhere.example"),
        ("circle1@example.org", "550 5.4.6"),
        ("spiral@example.org", "alice@example.org"),
        ("gone@example.org", "451 4.2.4"),
        ("badname@example.org", "alice@example.org"),
        ("mixed@example.org", "alice@example.org unresolved:inge@example.org"),
        ("byaddress@example.org", "alice@example.org remote:far@far.example"),
        ("dynamic@example.org", "grace@example.net alice@example.net"),
        ("unique@example.org", "alice@example.org"),
        // Ambiguity is our fault, not the sender's.
        ("twin@example.org", "451 4.3.5"),
        // What would change a filter is only text.
        ("*@example.org", "550 5.1.1"),
        ("al*@example.org", "550 5.1.1"),
        ("\"alice)(objectClass=*\"@example.org", "550 5.1.1"),
        ("\"\\\\2a\"@example.org", "550 5.1.1"),
        ("\" alice\"@example.org", "550 5.1.1"),
        ("älice@example.org", "550 5.1.1"),
    ]

    @Test func everyRule() async throws {
        let sample = try SampleDirectory(more: Self.more) { $0.localHosts = ["mx.example.org"] }
        for (text, expected) in Self.table {
            let resolution = await sample.directory.resolve(address(text))
            #expect(resolution.summary == expected, "\(text): \(resolution)")
            // Without the caches, and through the trace, the same comes out.
            let explanation = await sample.directory.explain(address(text))
            let routes = Set(explanation.recipients.map(\.address))
            if case .deliver(let all) = resolution {
                #expect(Set(all.map { "\($0.address)" }) == routes, "\(explanation.text)")
            } else {
                #expect(routes.isEmpty)
            }
            #expect(!explanation.steps.isEmpty)
        }
        await sample.directory.shutDown()
    }

    @Test func ambiguityNamesBoth() async throws {
        let sample = try SampleDirectory(more: Self.more)
        guard case .rejected(let error) = await sample.directory.resolve(address("twin@example.org"))
        else { return #expect(Bool(false)) }
        #expect(error.cause?.contains("uid=twin1,") == true)
        #expect(error.cause?.contains("uid=twin2,") == true)
        #expect(!error.text.contains("twin"))
        await sample.directory.shutDown()
    }

    @Test func quotas() async throws {
        let sample = try SampleDirectory()
        func quota(_ text: String) async -> Quota? {
            guard case .deliver(let all) = await sample.directory.resolve(address(text)),
                case .mailbox(_, let quota)? = all.first?.route
            else { return nil }
            return quota
        }
        #expect(await quota("alice@example.org") == Quota(bytes: 2 << 30, messages: 100_000))
        #expect(await quota("bob@example.org") == Quota(bytes: 1 << 30, messages: 100_000))
        #expect(await quota("grace@example.net") == Quota(bytes: 500 << 20, messages: nil))
        await sample.directory.shutDown()
    }

    @Test func limits() async throws {
        let chain = (0..<30).map {
            Self.user("chain\($0)", "martletForwardingAddress: chain\($0 + 1)@example.org")
        }.joined(separator: "\n")
        let sample = try SampleDirectory(
            more: "dn: ou=odd,ou=mail,dc=example,dc=org\nobjectClass: organizationalUnit\nou: odd\n\n"
                + chain
        ) { $0.maximumMembers = 3 }
        #expect(await sample.directory.resolve(address("chain0@example.org")).summary == "451 4.2.4")
        #expect(await sample.directory.resolve(address("everyone@example.org")).summary == "451 4.2.4")
        #expect(await sample.directory.resolve(address("team@example.org")).summary
            == "alice@example.org bob@example.org")
        await sample.directory.shutDown()
    }

    @Test func stockSchemasAlone() async throws {
        let sample = try SampleDirectory(["00-base", "stock-only"], map: .stock)
        let table = [
            ("alice@example.org", "alice@example.org"),
            ("alice@example.com", "alice@example.org"),
            ("a.liddell@example.com", "alice@example.org"),
            ("postmaster@example.org", "alice@example.org"),
            ("postmaster@example.net", "grace@example.net"),
            ("erin@example.org", "remote:erin@elsewhere.example"),
            ("alice@example.net", "alice@example.net"),
            ("who.ever@example.net", "grace@example.net"),
            ("who.ever@example.org", "550 5.1.1"),
            ("team@example.org", "alice@example.org bob@example.org"),
            ("partners@example.org", "remote:partner@elsewhere.example"),
            ("everyone@example.org",
                "alice@example.org bob@example.org remote:partner@elsewhere.example "
                    + "alice@example.net"),
        ]
        for (text, expected) in table {
            let resolution = await sample.directory.resolve(address(text))
            #expect(resolution.summary == expected, "\(text): \(resolution)")
        }
        await sample.directory.shutDown()
    }

    @Test func bigGroupTakesFewSearches() async throws {
        let people = (0..<500).map { Self.user("m\($0)", "") }.joined(separator: "\n")
            .replacing("\n\n\n", with: "\n\n")
        let members = (0..<500).map { "member: uid=m\($0), OU=odd,ou=mail,dc=example,dc=org" }
        let sample = try SampleDirectory(
            more: "dn: ou=odd,ou=mail,dc=example,dc=org\nobjectClass: organizationalUnit\nou: odd\n\n"
                + people + "\n" + Self.group("big", members.joined(separator: "\n")),
            cache: CacheLifetimes(positive: .seconds(3600), negative: .seconds(3600)))
        _ = await sample.directory.resolve(address("alice@example.org"))
        let before = try sample.slapd.operationCount("Search")
        guard case .deliver(let all) = await sample.directory.resolve(address("big@example.org"))
        else { return #expect(Bool(false)) }
        #expect(all.count == 500)
        #expect(try sample.slapd.operationCount("Search") - before == 1 + 8)
        await sample.directory.shutDown()
    }
}
