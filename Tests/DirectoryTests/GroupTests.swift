import Directory
import MailModel
import Testing

/// Groups as identifiers of access lists.
struct GroupTests {
    /// A dynamic group, and one that has it as a member.
    private static let more = """
        dn: cn=writers,ou=groups,ou=example.org,ou=mail,dc=example,dc=org
        objectClass: groupOfURLs
        objectClass: martletGroup
        cn: writers
        mail: writers@example.org
        memberURL: ldap:///ou=people,ou=example.org,ou=mail,dc=example,dc=org??one?(uid=c*)

        dn: cn=authors,ou=groups,ou=example.org,ou=mail,dc=example,dc=org
        objectClass: groupOfNames
        cn: authors
        member: cn=writers,ou=groups,ou=example.org,ou=mail,dc=example,dc=org

        """

    @Test func byName() async throws {
        let sample = try SampleDirectory(more: Self.more)
        func name(_ text: String) async -> String? {
            guard case .found(let group) = await sample.directory.group(named: text) else {
                return nil
            }
            return group.name
        }
        #expect(await name("team@example.org") == "team@example.org")
        #expect(await name("TEAM") == "team@example.org")
        #expect(await name("authors") == "authors")
        for text in ["alice", "alice@example.org", "nobody", "", "te*", "team)(cn=*"] {
            #expect(await sample.directory.group(named: text) == .notFound, "\(text)")
        }
        guard case .found(let team) = await sample.directory.group(named: "team") else {
            Issue.record("no group")
            return
        }
        #expect(await sample.directory.group(id: team.id) == .found(team))
        #expect(await sample.directory.group(id: AccountID(high: 1, low: 1)) == .notFound)
        await sample.directory.shutDown()
    }

    @Test func ofUsers() async throws {
        let sample = try SampleDirectory(more: Self.more)
        let table: [(String, Set<String>)] = [
            ("alice", ["team", "everyone"]), ("bob", ["team", "everyone", "sales"]),
            ("carol", ["everyone", "partners", "writers", "authors"]), ("dave", []),
        ]
        for (login, expected) in table {
            guard case .found(let account) = await sample.directory.account(login: login),
                case .found(let groups) = await sample.directory.groups(of: account)
            else {
                Issue.record("\(login): no answer")
                continue
            }
            var names: Set<String> = []
            for id in groups {
                guard case .found(let group) = await sample.directory.group(id: id) else { continue }
                names.insert(String(group.name.prefix { $0 != "@" }))
            }
            #expect(names == expected, "\(login)")
        }
        await sample.directory.shutDown()
    }
}
