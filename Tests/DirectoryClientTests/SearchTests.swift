import Directory
import TestSupport
import Testing

@Suite struct SearchTests {
    private let slapd: PrivateSlapd

    init() throws {
        slapd = try PrivateSlapd(Fixture.options())
    }

    @Test func `Found, with values as text, octets and operational attributes`() async throws {
        try await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            let answer = await client.search(Fixture.by("BOB"))
            let entry = try #require(answer.found?.first)
            #expect(answer.found?.count == 1)
            #expect(entry.dn == "uid=bob,ou=people,dc=example,dc=org")
            #expect(entry["MAIL"] == ["bob@example.org"])
            #expect(entry["cn"] == ["Bob Böhme"])
            #expect(entry.bytes("cn") == [Array("Bob Böhme".utf8)])
            #expect(entry["entryUUID"].first?.utf8.count == 36)
            #expect(entry["sn"] == [], "not asked for")
        }
    }

    @Test func `No entry is not found; a missing base is only when it was asked for itself`()
        async throws
    {
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            #expect(await client.search(Fixture.by("carol")).isNotFound)
            let missing = "uid=carol,ou=people,dc=example,dc=org"
            let entry = SearchRequest(entry: missing, attributes: ["cn"])
            #expect(await client.search(entry).isNotFound)
            let below = SearchRequest(base: "ou=gone,dc=example,dc=org", filter: .anyEntry, attributes: [])
            #expect(await client.search(below).fault?.kind == .missingBase)
        }
    }

    @Test func `An emptied directory is unavailable`() async throws {
        try slapd.empty()
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            let answer = await client.search(Fixture.by("bob"))
            #expect(answer.fault?.kind == .missingBase)
        }
    }

    @Test(arguments: [
        "bob)(description=*", "*", "b*", "\\", "\\2a", "bob\0", "\0", "Böb", "(", ")", "bob)", "|",
        "bob)(|(uid=*",
    ])
    func `What a client sent is a value, never syntax`(login: String) async throws {
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            #expect(await client.search(Fixture.by(login)).isNotFound)
        }
    }

    @Test func `Escaped octets find what they stand for`() async throws {
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            var search = Fixture.by("")
            search.filter = .and([.equal("cn", "bob böhme"), .not(.present("telephoneNumber"))])
            #expect(await client.search(search).found?.count == 1)
            search.filter = .or([.begins("mail", with: "a."), .ends("mail", with: "b@example.org")])
            #expect(await client.search(search).found?.count == 2)
            search.filter = .matches("uid", rule: "caseIgnoreMatch", "BOB")
            #expect(await client.search(search).found?.count == 1)
        }
    }

    @Test func `More entries than the limit are truncated, not found`() async throws {
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            var search = Fixture.by("", limit: 1)
            search.filter = .present("uid")
            #expect(await client.search(search).fault?.kind == .truncated)
            search.sizeLimit = 2
            #expect(await client.search(search).found?.count == 2)
        }
    }

    @Test func `More octets than the limit are truncated`() async throws {
        var configuration = Fixture.configuration(slapd.uri)
        configuration.maximumResultSize = 100
        await Fixture.withClient(configuration) { client in
            var search = Fixture.by("")
            search.filter = .present("uid")
            #expect(await client.search(search).fault?.kind == .truncated)
        }
    }

    @Test func `What can't be sent is unavailable, and the connection goes on`() async throws {
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            var search = Fixture.by("bob")
            search.filter = LDAPFilter(trusted: "(uid=bob")
            #expect(await client.search(search).fault?.kind == .misconfigured)
            search = Fixture.by("bob")
            search.base = "dc=example,dc=org\0"
            #expect(await client.search(search).fault?.kind == .misconfigured)
            search.base = "no name"
            #expect(await client.search(search).fault?.kind == .refused(code: 34))
            #expect(await client.search(Fixture.by("bob")).found?.count == 1)
        }
    }

    @Test func `Five hundred at once share a connection`() async throws {
        await Fixture.withClient(Fixture.configuration(slapd.uri)) { client in
            let found = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let uid = ["alice", "bob", "carol"][number % 3]
                        let answer = await client.search(Fixture.by(uid))
                        return uid == "carol"
                            ? answer.isNotFound : answer.found?.first?["uid"] == [uid]
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(found == 500)
        }
        #expect(try slapd.operationCount("Bind") == 1)
    }

    @Test func `One request too many is refused at once`() async throws {
        var configuration = Fixture.configuration(slapd.uri)
        configuration.maximumRequests = 3
        // The outage must not be noticed before all five have asked.
        configuration.connectTimeout = .seconds(60)
        slapd.pause()
        await Fixture.withClient(configuration) { client in
            let kinds = await withTaskGroup(of: DirectoryFault.Kind?.self) { group in
                for _ in 0..<5 { group.addTask { await client.search(Fixture.by("bob")).fault?.kind } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(kinds.filter { $0 == .overload }.count == 2)
            #expect(!kinds.contains(nil))
            slapd.resume()
        }
    }
}
