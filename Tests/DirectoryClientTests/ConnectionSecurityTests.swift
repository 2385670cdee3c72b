import Directory
import Glibc
import TestSupport
import Testing

@Suite struct ConnectionSecurityTests {
    private let slapd: PrivateSlapd

    init() throws {
        var options = Fixture.options(Self.services)
        options.hasTLS = true
        slapd = try PrivateSlapd(options)
    }

    private static let services = """
        dn: uid=martlet,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: martlet
        cn: Martlet
        sn: Martlet
        userPassword: nest


        """

    private func configuration(
        _ uri: String?, authorities: String? = nil,
        _ credentials: DirectoryConnectionConfiguration.Credentials = .anonymous
    ) throws -> DirectoryConnectionConfiguration {
        DirectoryConnectionConfiguration(
            uris: [try #require(uri)], authorities: try authorities ?? #require(slapd.authority),
            credentials: credentials, operationTimeout: Fixture.patience,
            connectTimeout: Fixture.patience)
    }

    private func find(
        _ configuration: DirectoryConnectionConfiguration
    ) async -> Lookup<[DirectoryEntry]> {
        await Fixture.withClient(configuration) { await $0.search(Fixture.by("bob")) }
    }

    @Test func `StartTLS is what ldap means unless it is switched off by name`() async throws {
        let configuration = try configuration(slapd.uri)
        #expect(configuration.security == .required)
        #expect(await find(configuration).found?.count == 1)
        #expect(try slapd.operationCount("Extended") == 1)
    }

    @Test func `ldaps`() async throws {
        #expect(await find(try configuration(slapd.tlsURI)).found?.count == 1)
    }

    @Test func `Many searches and password checks over TLS`() async throws {
        await Fixture.withClient(try configuration(slapd.uri)) { client in
            let good = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        if number % 10 == 0 {
                            return await client.bind(
                                dn: "uid=alice,ou=people,dc=example,dc=org",
                                password: Array("wonderland".utf8)
                            ).isSuccess
                        }
                        return await client.search(Fixture.by("bob")).found?.count == 1
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(good == 200)
        }
    }

    @Test(arguments: [true, false])
    func `Another authority's certificate ends it`(isStartTLS: Bool) async throws {
        let directory = try TemporaryDirectory()
        let other = try CertificateAuthority(in: directory.path, name: "other")
        let uri = isStartTLS ? slapd.uri : slapd.tlsURI
        let answer = await find(try configuration(uri, authorities: other.certificate))
        #expect(answer.fault?.kind == .connection)
        #expect(try slapd.operationCount("Search") == 0)
        #expect(try slapd.operationCount("Bind") == 0)
        var trusting = try configuration(uri, authorities: other.certificate)
        trusting.verifiesCertificate = false
        #expect(await find(trusting).found?.count == 1)
    }

    @Test func `A certificate for another host ends it`() async throws {
        // The certificate names 127.0.0.1; this is the same machine by another address.
        let uri = slapd.uri.replacing("127.0.0.1", with: "127.0.0.2")
        #expect(await find(try configuration(uri)).fault != nil)
    }

    @Test func `No authorities, no connection`() async throws {
        let answer = await find(try configuration(slapd.uri, authorities: "/nonexistent.pem"))
        #expect(answer.fault?.cause.contains("/nonexistent.pem") == true)
    }

    @Test func `A server without StartTLS is not used`() async throws {
        let clear = try PrivateSlapd(Fixture.options())
        #expect(await find(try configuration(clear.uri)).fault != nil)
        #expect(try clear.operationCount("Search") == 0)
        #expect(try clear.operationCount("Bind") == 0)
    }

    @Test(arguments: [false, true])
    func `A TLS server that stays silent costs no more than the time limit`(
        isStartTLS: Bool
    ) async throws {
        var configuration = try configuration(isStartTLS ? slapd.uri : slapd.tlsURI)
        configuration.connectTimeout = .seconds(1)
        configuration.operationTimeout = .seconds(30)
        slapd.pause()
        let answer = await find(configuration)
        #expect([.timeout, .connection].contains(answer.fault?.kind))
        slapd.resume()
    }

    @Test func `Simple bind of the server's own`() async throws {
        let right = try configuration(
            slapd.uri, .simple(dn: slapd.adminDN, password: Array(slapd.adminPassword.utf8)))
        #expect(await find(right).found?.count == 1)
        let wrong = try configuration(
            slapd.uri, .simple(dn: slapd.adminDN, password: Array("wrong".utf8)))
        #expect(await find(wrong).fault?.cause.contains("[49]") == true)
        let empty = try configuration(slapd.uri, .simple(dn: slapd.adminDN, password: []))
        #expect(await find(empty).fault?.cause.contains("password is empty") == true)
    }

    @Test func `SASL EXTERNAL over ldapi is the administrator here`() async throws {
        await Fixture.withClient(try configuration(slapd.socketURI, .external)) { client in
            let outcome = await client.apply(.delete(dn: "uid=bob,ou=people,dc=example,dc=org"))
            #expect(outcome == .done)
            #expect(await client.search(Fixture.by("bob")).isNotFound)
        }
    }

    @Test func `SASL SCRAM-SHA-256`() async throws {
        let right = try configuration(
            slapd.uri, .scram(user: "martlet", passwords: [Array("nest".utf8)]))
        #expect(await find(right).found?.count == 1)
        // Of two forms of a password the second is the one that was stored.
        let second = try configuration(
            slapd.uri, .scram(user: "martlet", passwords: [Array("n\u{E9}st".utf8), Array("nest".utf8)]))
        #expect(await find(second).found?.count == 1)
        let wrong = try configuration(
            slapd.uri, .scram(user: "martlet", passwords: [Array("egg".utf8), Array("leg".utf8)]))
        #expect(await find(wrong).fault != nil)
    }
}
