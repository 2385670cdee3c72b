import Directory
import TestSupport
import Testing

@Suite struct ChangeTests {
    private let slapd: PrivateSlapd

    init() throws {
        slapd = try PrivateSlapd(Fixture.options())
    }

    private var administrator: DirectoryConnectionConfiguration {
        DirectoryConnectionConfiguration(
            uris: [slapd.uri], security: .none,
            credentials: .simple(dn: slapd.adminDN, password: Array(slapd.adminPassword.utf8)),
            operationTimeout: Fixture.patience, connectTimeout: Fixture.patience)
    }

    @Test func `Add, modify, rename, delete`() async throws {
        let people = "ou=people,dc=example,dc=org"
        await Fixture.withClient(administrator) { client in
            let carol = DirectoryChange.add(
                dn: "uid=carol,\(people)",
                attributes: [
                    .init("objectClass", ["inetOrgPerson"]), .init("uid", ["carol"]),
                    .init("cn", ["Carol"]), .init("sn", ["Ö"]),
                ])
            #expect(await client.apply(carol) == .done)
            guard case .alreadyExists = await client.apply(carol) else {
                Issue.record("a second carol")
                return
            }
            let modify = DirectoryChange.modify(
                dn: carol.dn,
                modifications: [
                    .init(.add, .init("mail", ["c1@example.org", "c2@example.org"])),
                    .init(.delete, .init("mail", ["c1@example.org"])),
                    .init(.replace, .init("cn", ["Caroline"])),
                ])
            #expect(await client.apply(modify) == .done)
            let found = await client.search(Fixture.by("carol")).found?.first
            #expect(found?["mail"] == ["c2@example.org"])
            #expect(found?["cn"] == ["Caroline"])
            let rename = DirectoryChange.rename(
                dn: carol.dn, newRDN: "uid=caroline", deletesOldRDN: true,
                newSuperior: "dc=example,dc=org")
            #expect(await client.apply(rename) == .done)
            #expect(await client.apply(.delete(dn: "uid=caroline,dc=example,dc=org")) == .done)
            #expect(
                await client.apply(.delete(dn: carol.dn)) == .noSuchObject("only '\(people)' exists"))
        }
    }

    @Test func `Refused with the server's words`() async throws {
        await Fixture.withClient(administrator) { client in
            let outcome = await client.apply(
                .modify(
                    dn: "uid=bob,ou=people,dc=example,dc=org",
                    modifications: [.init(.add, .init("nonsense", ["x"]))]))
            guard case .refused(code: 17, let text) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(text.contains("nonsense"))
        }
    }

    @Test func `A change whose answer is lost may have happened, and is not repeated`() async throws {
        var configuration = administrator
        configuration.operationTimeout = .seconds(5)
        await Fixture.withClient(configuration) { client in
            #expect(await client.search(Fixture.by("bob")).found != nil)
            slapd.pause()
            let delete = DirectoryChange.delete(dn: "uid=bob,ou=people,dc=example,dc=org")
            guard case .unknown = await client.apply(delete) else {
                Issue.record("not unknown")
                return
            }
            guard case .notSent = await client.apply(delete) else {
                Issue.record("sent again")
                return
            }
            slapd.resume()
        }
    }
}
