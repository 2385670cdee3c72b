import Foundation
import Testing

@Suite(.ownThreads) struct ExplainTests {
    @Test(arguments: [
        ("alice@example.org", 0, ["=> deliver", "alice@example.org  mailbox"]),
        ("ALICE+x@example.com", 0, ["=> deliver", "alice@example.org  mailbox", "alias"]),
        ("sales@example.org", 0, ["bob@example.org  mailbox"]),
        ("everyone@example.org", 0, ["alice@example.net  mailbox", "carol@example.org  mailbox", "cn=team,ou=groups"]),
        ("partners@example.org", 0, ["partner@elsewhere.example  remote", "way of partner@elsewhere.example", "=> waits: 451 4.4.3"]),
        ("whoever@example.net", 0, ["grace@example.net  mailbox"]),
        ("erin@example.org", 75, ["erin@elsewhere.example  remote", "way of erin@elsewhere.example", "=> waits: 451 4.4.3"]),
        ("frank@example.org", 0, ["frank@example.org  mailbox", "bob@example.org  mailbox"]),
        ("postmaster@example.org", 0, ["alice@example.org  mailbox"]),
        ("nobody@example.org", 1, ["550 5.1.1"]),
        ("dave@example.org", 1, ["550 5.2.1", "disabled"]),
        ("someone@elsewhere.example", 75, ["=> not local", "=> waits: 451 4.4.3 The DNS does not answer"]),
        ("a@[127.0.1.99]", 0, ["=> not local", ": 127.0.1.99", "TLS where it is offered", "=> leaves"]),
        ("a@ordered.plain.test", 0, ["to the hosts that the domain has published", "MX of ordered.plain.test (not signed): 10 mx.first.plain.test, 20 mx.second.plain.test", ": 127.0.1.3", ": 127.0.1.4", "=> leaves"]),
        ("a@less.plain.test", 0, ["mail.example.org is this server", ": 127.0.1.5"]),
        ("a@loop.plain.test", 1, ["mail.example.org is this server", "=> is returned: 554 5.4.6"]),
        ("a@null.plain.test", 1, ["=> is returned: 556 5.1.10"]),
        ("a@missing.plain.test", 1, ["=> is returned: 550 5.1.2"]),
        ("a@unsure.plain.test", 75, ["mx.unserved.example: 451 4.4.3", "=> waits: 451"]),
        ("a@kept.plain.test", 0, ["TLS level encrypt (outbound.tls_policies)", "TLS must be had, with whoever answers"]),
        ("a@good.signed.test", 0, ["(signed by DNSSEC)", "TLSA of _", "with a certificate that its TLSA records name (dane)"]),
        ("a@none.signed.test", 0, ["no DANE: it has no signed TLSA records", "no MTA-STS policy", "TLS where it is offered"]),
        ("a@bogus.signed.test", 75, ["not used: 451 4.7.5", "=> waits: 451 4.7.5"]),
        ("a@right.sts.test", 0, ["MTA-STS policy of right.sts.test: enforce", "a known authority for mx.right.sts.test (mta-sts)"]),
        ("a@testing.sts.test", 0, ["MTA-STS policy of testing.sts.test: testing", "TLS where it is offered"]),
        ("a@other.sts.test", 75, ["not used: 451 4.7.5 The MTA-STS policy of other.sts.test does not allow"]),
        ("no address", 64, ["martlet explain: “no address” is not an address; expected local@domain (see martlet explain --help)\n"]),
    ])
    func addresses(_ address: String, _ status: Int, _ said: [String]) throws {
        let server = try OutboundNames.shared.get().server
        let result = try server.martlet("explain", address)
        #expect(result.status == status, "\(result)")
        for text in said { #expect(result.output.contains(text), "\(text): \(result)") }
        guard status != 64 else { return }
        #expect(result.output.contains("search "), "\(result)")
        let json = try server.martlet("explain", "--json", address)
        #expect(json.status == status)
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["outcome"] is String && object?["steps"] is [Any] && object?["ways"] is [Any])
    }

    /// What the directory and the configuration say of the way, before the DNS does.
    @Test func routes() throws {
        let server = try RunningMartlet(.init(sections: """
            dns: {servers: [127.0.0.1@1]}
            outbound:
              routes: {routed.example: ["127.0.0.9:2525"]}
              relay_hosts: ["lmtp:127.0.0.8:2424"]
            """))
        for (name, lines) in [
            ("own.example", ["martletRoutingHost: 10 127.0.0.2:2526", "martletRoutingHost: 20 127.0.0.3", "martletTLSPolicy: verify"]),
            ("held.example", ["martletStatus: hold", "martletRoutingHost: 127.0.0.2"]),
            ("off.example", ["martletStatus: disabled", "martletRoutingHost: 127.0.0.2"]),
            ("away.example", ["martletRetrieval: atrn"]),
            ("smart.example", ["martletSmartHost: 127.0.0.7"]),
        ] { try server.add(RunningMartlet.domainEntry(name, lines)) }
        for (arguments, status, said) in [
            (["a@routed.example"], 0, ["outbound.routes has routed.example: 127.0.0.9:2525", "smtp 127.0.0.9 port 2525: 127.0.0.9"]),
            (["a@elsewhere.example"], 0, ["outbound.relay_hosts: lmtp:127.0.0.8:2424", "lmtp 127.0.0.8 port 2424: 127.0.0.8"]),
            (["--sender", "b@smart.example", "a@elsewhere.example"], 0, ["smart host of smart.example", "smtp 127.0.0.7 port 25: 127.0.0.7"]),
            (["a@own.example"], 0, ["hosts of the entry \"ou=own.example,ou=mail,dc=example,dc=org\": 10 127.0.0.2:2526, 20 127.0.0.3", "TLS level verify (the domain's entry)", "a known authority for 127.0.0.2 (verified)"]),
            (["a@held.example"], 0, ["unresolved"]),
            (["a@off.example"], 1, ["=> 550 5.2.1"]),
            (["a@away.example"], 0, ["=> waits for its host: 451 4.4.1", "for at most 30d"]),
            (["--sender", "nobody", "a@elsewhere.example"], 64, ["“nobody” is not an address"]),
        ] {
            let result = try server.martlet(["explain"] + arguments)
            #expect(result.status == status, "\(arguments): \(result)")
            for text in said { #expect(result.output.contains(text), "\(text): \(result)") }
        }
    }
}
