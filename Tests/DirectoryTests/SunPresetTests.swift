import Directory
import MailModel
import TestSupport
import Testing

/// A directory as a Sun messaging server leaves it, read with its preset.
@Suite struct SunPresetTests {
    private static let people = "ou=people,ou=example.org,dc=example,dc=org"

    private static let ldif = """
        dn: ou=example.org,dc=example,dc=org
        objectClass: organizationalUnit
        objectClass: sunManagedOrganization
        ou: example.org
        sunPreferredDomain: example.org
        associatedDomain: example.net
        mailDomainStatus: active
        inetDomainStatus: active

        dn: \(people)
        objectClass: organizationalUnit
        ou: people

        \(domain("closed.example", "mailDomainStatus: deleted"))
        \(domain("held.example", "inetDomainStatus: active\nmailDomainStatus: hold"))
        \(domain("moving.example", "mailRoutingSmartHost: old.example"))
        \(domain("all.example", "mailDomainCatchallAddress: alice@example.org"))
        \(user("alice", "mailAlternateAddress: a.liddell@example.org\nmailEquivalentAddress: liddell@example.org\nmailQuota: 1048576\nmailMsgQuota: -1\nmailDeliveryOption: mailbox"))
        \(user("off", "mailUserStatus: disabled"))
        \(user("gone", "inetUserStatus: deleted"))
        \(user("later", "mailUserStatus: inactive"))
        \(user("full", "mailUserStatus: overquota"))
        \(user("heldup", "mailDeliveryOption: hold"))
        \(user("strange", "mailUserStatus: perhaps"))
        \(user("forward", "mailDeliveryOption: forward\nmailForwardingAddress: f@far.example"))
        \(user("copy", "mailDeliveryOption: forward\nmailDeliveryOption: mailbox\nmailForwardingAddress: f@far.example"))
        \(user("unused", "mailDeliveryOption: mailbox\nmailForwardingAddress: f@far.example"))
        \(user("plain", "mailForwardingAddress: f@far.example"))
        \(user("reply", "mailDeliveryOption: autoreply"))
        \(user("away", "mailHost: other.example"))
        \(user("renamed", "mailHost: other.example\nmailRoutingAddress: r@other.example"))
        dn: cn=team,\(people)
        objectClass: groupOfUniqueNames
        objectClass: inetMailGroup
        cn: team
        mail: team@example.org
        mailAlternateAddress: crew@example.org
        uniqueMember: uid=alice,\(people)
        mgrpRFC822MailMember: m@far.example

        dn: cn=found,\(people)
        objectClass: groupOfUniqueNames
        objectClass: inetMailGroup
        cn: found
        mail: found@example.org
        uniqueMember: uid=reply,\(people)
        mgrpDeliverTo: ldap:///\(people)??sub?(uid=alice)

        dn: cn=shut,\(people)
        objectClass: groupOfUniqueNames
        objectClass: inetMailGroup
        cn: shut
        mail: shut@example.org
        inetMailGroupStatus: disabled
        uniqueMember: uid=alice,\(people)


        """

    private static func user(_ name: String, _ lines: String) -> String {
        """
        dn: uid=\(name),\(people)
        objectClass: inetOrgPerson
        objectClass: inetMailUser
        uid: \(name)
        cn: \(name)
        sn: Test
        userPassword: \(name)-secret
        mail: \(name)@example.org
        \(lines)

        """
    }

    private static func domain(_ name: String, _ lines: String) -> String {
        """
        dn: ou=\(name),dc=example,dc=org
        objectClass: organizationalUnit
        objectClass: sunManagedOrganization
        ou: \(name)
        sunPreferredDomain: \(name)
        \(lines)

        """
    }

    private static let table = [
        ("alice@example.org", "alice@example.org"),
        ("a.liddell@example.org", "alice@example.org"),
        ("liddell@example.net", "alice@example.org"),
        ("off@example.org", "550 5.2.1"),
        ("gone@example.org", "550 5.2.1"),
        ("later@example.org", "450 4.2.1"),
        ("full@example.org", "unresolved:full@example.org"),
        ("heldup@example.org", "unresolved:heldup@example.org"),
        ("strange@example.org", "450 4.2.1"),
        ("forward@example.org", "remote:f@far.example"),
        ("copy@example.org", "copy@example.org remote:f@far.example"),
        ("unused@example.org", "unused@example.org"),
        ("plain@example.org", "plain@example.org"),
        ("reply@example.org", "reply@example.org"),
        ("away@example.org", "remote:away@example.org|other.example"),
        ("renamed@example.org", "remote:r@other.example|other.example"),
        ("team@example.org", "alice@example.org remote:m@far.example"),
        ("crew@example.net", "alice@example.org remote:m@far.example"),
        ("found@example.org", "reply@example.org alice@example.org"),
        ("shut@example.org", "550 5.2.1"),
        ("x@closed.example", "550 5.2.1"),
        ("x@held.example", "unresolved:x@held.example"),
        ("x@moving.example", "domain:x@moving.example"),
        ("x@all.example", "alice@example.org"),
        ("nobody@example.org", "550 5.1.1"),
        ("x@elsewhere.example", "notLocal"),
    ]

    @Test func everyRule() async throws {
        let files = try TemporaryDirectory()
        let sample = try Self.sample(files)
        for (text, expected) in Self.table {
            let resolution = await sample.directory.resolve(address(text))
            #expect(resolution.summary == expected, "\(text): \(resolution)")
        }
        guard case .deliver(let all) = await sample.directory.resolve(address("alice@example.org")),
            case .mailbox(_, let quota)? = all.first?.route
        else { return #expect(Bool(false)) }
        #expect(quota == Quota(bytes: 1 << 20, messages: nil))
        guard case .found(let account) = await sample.directory.account(login: "full") else {
            return #expect(Bool(false))
        }
        #expect(account.status == .hold)
        await sample.directory.shutDown()
    }

    @Test func inspection() async throws {
        let files = try TemporaryDirectory()
        let sample = try Self.sample(files)
        let findings = await sample.directory.inspect()
        #expect(!findings.contains { $0.severity == .error }, "\(findings)")
        #expect(findings.contains { $0.subject == "attribute map" && $0.what == "sun" }, "\(findings)")
        await sample.directory.shutDown()
    }

    private static func sample(_ files: TemporaryDirectory) throws -> SampleDirectory {
        try SampleDirectory(
            ["00-base"], more: ldif, map: .sun, schema: try SunSchema.install(in: files)
        ) { $0.localHosts = ["mail.example.org"] }
    }
}
