import Directory
import MailModel
import TestSupport
import Testing

/// Domains whose hosts are not always online, and who may fetch their mail.
@Suite struct RetrievalTests {
    private static let team = "cn=team,ou=groups,ou=example.org,ou=mail,dc=example,dc=org"
    private static let everyone = "cn=everyone,ou=groups,ou=example.org,ou=mail,dc=example,dc=org"
    private static let carol = "uid=carol,ou=people,ou=example.org,ou=mail,dc=example,dc=org"

    private static let more = """
        \(ResolutionTests.domain("one.example", """
            martletRetrieval: ATRN
            martletRetrieval: etrn
            martletRetriever: UID=Alice, OU=people,ou=example.org,ou=mail,dc=example,dc=org
            martletRetrievalNetwork: 192.0.2.0/24
            martletRetrievalNetwork: 2001:db8::1
            martletRetrievalNetwork: somewhere
            martletHoldTime: 30d
            """))
        \(ResolutionTests.domain("two.example", "martletRetrieval: atrn\nmartletRetriever: \(team)"))
        \(ResolutionTests.domain("three.example", "martletRetrieval: atrn\nmartletRetriever: \(everyone)\nassociatedDomain: drei.example"))
        \(ResolutionTests.domain("alias.example", "martletAliasOf: one.example"))
        \(ResolutionTests.domain("other.example", "martletAliasOf: one.example\nmartletRetrieval: atrn\nmartletRetriever: \(carol)"))
        \(ResolutionTests.domain("online.example", "martletRetriever: \(ResolutionTests.alice)"))
        \(ResolutionTests.domain("strange.example", "martletRetrieval: pigeon"))

        """

    @Test func whatIsRead() async throws {
        let sample = try SampleDirectory(more: Self.more)
        guard case .found(let domain) = await sample.directory.domain(named: "one.example"),
            case .found(let strange) = await sample.directory.domain(named: "strange.example"),
            let one = domain.retrieval
        else { return #expect(Bool(false)) }
        #expect(one.ways == [.atrn, .etrn] && one.holdTime == .seconds(30 * 86400))
        #expect(one.networks == ["192.0.2.0/24", "2001:db8::1"].compactMap { IPNetwork($0) })
        // Not always online, however its mail is fetched.
        #expect(strange.retrieval?.ways == [])
        await sample.directory.shutDown()
    }

    @Test func whoMayRetrieve() async throws {
        let sample = try SampleDirectory(more: Self.more)
        let expected: [(String, [String])] = [
            ("alice", ["alias.example", "drei.example", "one.example", "three.example", "two.example"]),
            ("bob", ["drei.example", "three.example", "two.example"]),
            ("carol", ["drei.example", "other.example", "three.example"]),
            ("grace", []),
        ]
        let all = [
            "alias.example", "drei.example", "example.org", "one.example", "online.example",
            "other.example", "strange.example", "three.example", "two.example",
        ]
        for (login, domains) in expected {
            guard case .found(let account) = await sample.directory.account(login: login),
                case .found(let found) = await sample.directory.retrievableDomains(by: account)
            else {
                Issue.record("\(login): no answer")
                continue
            }
            #expect(found.map(\.name) == domains, "\(login)")
            for name in all {
                #expect(
                    await sample.directory.mayRetrieve(domain: name.uppercased(), account)
                        == .found(domains.contains(name)), "\(login): \(name)")
            }
            #expect(await sample.directory.mayRetrieve(domain: "no.example", account) == .notFound)
        }
        guard case .found(let alice) = await sample.directory.account(login: "alice")
        else { return #expect(Bool(false)) }
        sample.slapd.stop()
        guard case .unavailable = await sample.directory.mayRetrieve(domain: "one.example", alice),
            case .unavailable = await sample.directory.retrievableDomains(by: alice)
        else { return #expect(Bool(false)) }
        await sample.directory.shutDown()
    }
}
