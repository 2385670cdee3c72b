import Directory
import Glibc
import MailModel
import TestSupport
import Testing

@Suite struct InspectionTests {
    private func worst(_ findings: [Finding]) -> [Finding] {
        findings.filter { $0.severity > .hint }
    }

    @Test func aGoodDirectory() async throws {
        let sample = try SampleDirectory()
        let findings = await sample.directory.inspect()
        #expect(worst(findings).isEmpty, "\(findings)")
        #expect(findings.contains { $0.subject == "domains" && $0.what.contains("example.com") })
        let stock = SampleDirectory.directory(sample.slapd, map: .stock)
        #expect(await stock.inspect().contains { $0.whatToDo.contains("martlet") })
        await stock.shutDown()
        await sample.directory.shutDown()
    }

    @Test func faultsAreFound() async throws {
        let sample = try SampleDirectory(
            more: """
                dn: ou=odd,ou=mail,dc=example,dc=org
                objectClass: organizationalUnit
                ou: odd

                \(ResolutionTests.user("twin1", "mailLocalAddress: twin@example.org"))
                \(ResolutionTests.user("twin2", "mailLocalAddress: TWIN@example.org"))
                \(ResolutionTests.user("alice", ""))
                \(ResolutionTests.domain("astray.example", "martletAliasOf: nowhere.example"))

                """)
        let found = worst(await sample.directory.inspect())
        #expect(found.contains { $0.subject == "address twin@example.org" })
        #expect(found.contains { $0.subject == "login alice" && $0.whatToDo.hasSuffix("until then nobody can log in with it") }, "\(found)")
        #expect(found.contains { $0.what.contains("nowhere.example") })
        #expect(found.allSatisfy { !$0.whatToDo.isEmpty })
        // An alias of nothing is half-configured: refused for now.
        #expect(await sample.directory.resolve(address("a@astray.example")).summary == "451 4.3.5")
        await sample.directory.shutDown()
    }

    @Test func routingFaultsAreFound() async throws {
        func domain(_ name: String, _ lines: String) -> String {
            ResolutionTests.domain("\(name).example", lines)
        }
        let sample = try SampleDirectory(
            more: """
                dn: ou=odd,ou=mail,dc=example,dc=org
                objectClass: organizationalUnit
                ou: odd

                \(ResolutionTests.user("astray", "mailHost: no such host"))
                \(domain("typo", "martletRoutingHost: relay example"))
                \(domain("both", "martletRoutingHost: r.example\nmartletCatchAll: alice@example.org"))
                \(domain("members", "martletMemberHost: m.example\nmartletRoutingHost: r.example"))
                \(domain("self", "martletSmartHost: mx.example.org"))
                \(domain("shared", "martletMemberHost: mx.example.org\nmartletMemberHost: m.example"))
                \(domain("idle", "martletRetriever: \(ResolutionTests.alice)"))
                \(domain("nobody", "martletRetrieval: etrn\nmartletRetrieval: atrn"))
                \(domain("ghost", "martletRetrieval: atrn\nmartletRetriever: uid=ghost,dc=example,dc=org"))
                \(domain("policy", "martletTLSPolicy: always\nmartletHoldTime: long"))
                \(domain("probed", "martletRetrieval: probe"))

                """
        ) { $0.localHosts = ["mx.example.org"] }
        let found = worst(await sample.directory.inspect())
        for (name, text) in [
            ("uid=astray,ou=odd", "mailHost is no host"), ("typo", "relay example"),
            ("both", "martletCatchAll gets the mail to unknown addresses, so martletRoutingHost"),
            ("members", "martletMemberHost gets the mail"), ("self", "mx.example.org: mail goes out"),
            ("idle", "martletRetriever without martletRetrieval"), ("nobody", "etrn, but nobody"),
            ("nobody", "atrn, but nobody"), ("ghost", "uid=ghost"), ("policy", "always"),
            ("policy", "“long”"), ("policy", "martletHoldTime without"),
        ] {
            let dn = name.contains("=") ? name : "ou=\(name).example,"
            #expect(
                found.contains { $0.subject.hasPrefix(dn) && $0.what.contains(text) },
                "\(name): \(found)")
        }
        #expect(found.count == 12, "\(found)")
        #expect(found.allSatisfy { !$0.whatToDo.isEmpty })
        await sample.directory.shutDown()
    }

    @Test func keysThatAreNotHere() async throws {
        let domain = ResolutionTests.domain("signed.example", "martletDKIMKey: here\nmartletDKIMKey: away")
        let sample = try SampleDirectory(
            more: "dn: ou=odd,ou=mail,dc=example,dc=org\nobjectClass: organizationalUnit\nou: odd\n\n\(domain)\n\n")
        let found = worst(await sample.directory.inspect(dkimKeys: ["here"]))
        #expect(found.count == 1 && found[0].severity == .error, "\(found)")
        #expect(found[0].subject.contains("signed.example") && found[0].what.contains("martletDKIMKey=away: "), "\(found)")
        #expect(worst(await sample.directory.inspect()).isEmpty)
        await sample.directory.shutDown()
    }

    @Test func refusals() {
        for (code, said) in [(49, "refuses this name or password"), (50, "refuses the search"), (52, "gives no answer")] {
            #expect(DirectoryFault(.refused(code: code), "x").explained == "the directory \(said): x")
        }
        #expect(DirectoryFault(.timeout, "x").explained == "the directory gives no answer: x")
    }

    @Test func noBase() async throws {
        let sample = try SampleDirectory()
        let other = SampleDirectory.directory(sample.slapd) { $0.base = "ou=none,dc=example,dc=org" }
        #expect(await other.inspect().map(\.severity) == [.error])
        #expect(await other.resolve(address("alice@example.org")).summary == "451 4.4.3")
        sample.slapd.stop()
        #expect(await sample.directory.inspect().map(\.severity) == [.error])
        await other.shutDown()
        await sample.directory.shutDown()
    }
}
