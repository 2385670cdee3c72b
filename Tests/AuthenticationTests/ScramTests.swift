import Directory
import Testing

@testable import Authentication

@Suite struct ScramTests {
    @Test(arguments: ScramHash.allCases)
    func success(hash: ScramHash) async {
        let fixture = Fixture()
        let outcome = await ScramClient(hash: hash).run(hash.rawValue, on: fixture)
        #expect(outcome?.login == "alice")
        #expect(outcome?.authenticatedBy == "alice")
        // Neither a bind nor an attempt at one.
        #expect(fixture.directory.binds == 0)
    }

    @Test func loginByAddress() async {
        let client = ScramClient(login: "Alice.Alias@Example.org")
        let outcome = await client.run("SCRAM-SHA-256", on: Fixture())
        #expect(outcome?.login == "alice")
    }

    @Test func clientThatDoesNotSpeakFirst() async throws {
        let fixture = Fixture()
        let client = ScramClient()
        let exchange = try #require(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()))
        #expect(await exchange.step(nil).challenge == "")
        let challenge = try #require(await exchange.step(Array(client.first.utf8)).challenge)
        let (message, _) = try #require(client.final(challenge))
        #expect(await exchange.step(Array(message.utf8)).outcome?.login == "alice")
    }

    // MARK: Channel binding

    @Test(arguments: ScramHash.allCases, ChannelBinding.allCases)
    func plus(hash: ScramHash, kind: ChannelBinding) async {
        let client = ScramClient(
            hash: hash, flag: "p=\(kind.rawValue)", binding: Fixture.bindings[kind]!)
        #expect(await client.run(hash.plus.rawValue, on: Fixture())?.login == "alice")
    }

    @Test(arguments: ChannelBinding.allCases)
    func bindingOfAnotherConnection(kind: ChannelBinding) async {
        var client = ScramClient(flag: "p=\(kind.rawValue)")
        client.binding = Fixture.bindings[kind]!
        client.binding[0] ^= 0x80
        let outcome = await client.run("SCRAM-SHA-256-PLUS", on: Fixture())
        #expect(outcome?.failure?.kind == .invalidCredentials)
        client.binding = []
        let empty = await client.run("SCRAM-SHA-256-PLUS", on: Fixture())
        #expect(empty?.failure?.kind == .invalidCredentials)
    }

    /// What the client binds to is not what it says it binds to.
    @Test func bindingOfAnotherKind() async {
        let client = ScramClient(
            flag: "p=tls-server-end-point", binding: Fixture.bindings[.exporter]!)
        let outcome = await client.run("SCRAM-SHA-256-PLUS", on: Fixture())
        #expect(outcome?.failure?.kind == .invalidCredentials)
    }

    @Test func tlsUniqueIsNotForTLS13() async {
        let client = ScramClient(flag: "p=tls-unique", binding: Fixture.bindings[.unique]!)
        let outcome = await client.run(
            "SCRAM-SHA-256-PLUS", on: Fixture(), Fixture.encrypted(tls13: true))
        #expect(outcome?.failure?.kind == .invalidCredentials)
    }

    @Test func unknownBinding() async {
        let client = ScramClient(flag: "p=tls-magic", binding: [1])
        let outcome = await client.run("SCRAM-SHA-256-PLUS", on: Fixture())
        #expect(outcome?.failure?.kind == .invalidCredentials)
    }

    /// Someone took -PLUS out of the list that the client was shown.
    @Test func downgrade() async {
        let outcome = await ScramClient(flag: "y").run("SCRAM-SHA-256", on: Fixture())
        #expect(outcome?.failure?.kind == .invalidCredentials)
    }

    @Test func noDowngradeWhereThereIsNoPlus() async {
        var context = Fixture.encrypted()
        context.channelBinding = { _ in nil }
        let outcome = await ScramClient(flag: "y").run("SCRAM-SHA-256", on: Fixture(), context)
        #expect(outcome?.login == "alice")
    }

    /// A client that says one thing first and another in the end.
    @Test(arguments: [("n", "y"), ("n", "p=tls-exporter")])
    func changedHeader(flag: String, later: String) async throws {
        let fixture = Fixture()
        let exchange = try #require(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()))
        var client = ScramClient(flag: flag)
        let challenge = try #require(await exchange.step(Array(client.first.utf8)).challenge)
        client.flag = later
        let (message, _) = try #require(client.final(challenge))
        let outcome = await exchange.step(Array(message.utf8)).outcome
        #expect(outcome?.failure?.kind == .invalidCredentials)
    }

    @Test(arguments: [("SCRAM-SHA-256-PLUS", "n"), ("SCRAM-SHA-256-PLUS", "y"),
        ("SCRAM-SHA-256", "p=tls-exporter")])
    func flagThatDoesNotFitTheMechanism(mechanism: String, flag: String) async {
        let outcome = await ScramClient(flag: flag).run(mechanism, on: Fixture())
        #expect(outcome?.failure?.kind == .malformed)
    }

    // MARK: Refusals

    @Test func wrongPassword() async {
        let fixture = Fixture()
        let outcome = await ScramClient(password: "wrong").run("SCRAM-SHA-256", on: fixture)
        #expect(outcome?.failure?.kind == .invalidCredentials)
        #expect(outcome?.failure?.delay == .milliseconds(500))
    }

    /// An unknown login, and one without secrets, look like a wrong password from the first to
    /// the last byte.
    @Test(arguments: ["nobody", "bob"])
    func loginWithoutSecrets(login: String) async throws {
        let fixture = Fixture()
        var salts: Set<String> = []
        for _ in 0..<2 {
            let exchange = try #require(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()))
            let client = ScramClient(login: login)
            let challenge = try #require(await exchange.step(Array(client.first.utf8)).challenge)
            let known = try #require(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()))
            let real = try #require(
                await known.step(Array(ScramClient().first.utf8)).challenge)
            #expect(challenge.utf8.count == real.utf8.count)
            #expect(challenge.hasSuffix(",i=4096") && real.hasSuffix(",i=4096"))
            salts.insert(String(challenge.split(separator: ",")[1]))
            let (message, _) = try #require(client.final(challenge))
            let failure = try #require(await exchange.step(Array(message.utf8)).outcome?.failure)
            #expect(failure.kind == .invalidCredentials)
        }
        #expect(salts.count == 1, "a salt that changes gives the login away")
    }

    @Test func saltsOfUnknownLoginsDiffer() throws {
        let decoy = ScramDecoy(AuthenticationConfiguration())
        #expect(decoy.secret(.sha256, login: "a").salt != decoy.secret(.sha256, login: "b").salt)
        #expect(decoy.secret(.sha256, login: "a").salt != decoy.secret(.sha1, login: "a").salt)
        #expect(decoy.secret(.sha256, login: "A").salt == decoy.secret(.sha256, login: "a").salt)
    }

    @Test func decoyKeyKeepsSaltsOverRestarts() {
        var configuration = AuthenticationConfiguration()
        configuration.decoyKey = Array(0..<32)
        let salts = (0..<2).map { _ in ScramDecoy(configuration).secret(.sha1, login: "a").salt }
        #expect(salts[0] == salts[1])
    }

    @Test func disabledAccount() async {
        let fixture = Fixture()
        fixture.directory.change { $0.users[0].account.status = .disabled }
        let failure = await ScramClient().run("SCRAM-SHA-256", on: fixture)?.failure
        #expect(failure?.kind == .disabled)
        #expect(failure?.isShownAsInvalidCredentials == true)
    }

    @Test func directoryThatDoesNotAnswer() async {
        let fixture = Fixture()
        fixture.directory.change { $0.isUnavailable = true }
        let failure = await ScramClient().run("SCRAM-SHA-256", on: fixture)?.failure
        #expect(failure?.kind == .unavailable)
        #expect(failure?.delay == .zero)
    }

    // MARK: Authorisation identity

    @Test(arguments: ["alice", "ALICE@example.org", "alice.alias@example.org"])
    func ownIdentity(name: String) async {
        let outcome = await ScramClient(authorizationID: name).run("SCRAM-SHA-256", on: Fixture())
        #expect(outcome?.login == "alice")
    }

    @Test func anotherIdentity() async {
        let fixture = Fixture()
        let client = ScramClient(authorizationID: "shared")
        let refused = await client.run("SCRAM-SHA-256", on: fixture)
        #expect(refused?.failure?.kind == .notAuthorized)
        fixture.directory.change { $0.grants = [["alice", "shared"]] }
        let granted = await client.run("SCRAM-SHA-256", on: fixture)
        #expect(granted?.login == "shared")
        #expect(granted?.authenticatedBy == "alice")
    }

    // MARK: Broken exchanges

    @Test(arguments: [
        "c=biws,r=wrong,p=AAAA", "c=biws", "c=biws,r=", "r=x,c=biws,p=x", "x", "", "c=,r=,p=",
        "c=biws,r=a,p=" + String(repeating: "A", count: 4000),
    ])
    func brokenFinal(message: String) async throws {
        let fixture = Fixture()
        let exchange = try #require(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()))
        _ = await exchange.step(Array(ScramClient().first.utf8))
        let failure = await exchange.step(Array(message.utf8)).outcome?.failure
        #expect(failure?.kind == .malformed || failure?.kind == .invalidCredentials)
        // Others' logins are not affected, nor is this client's next one.
        #expect(await ScramClient().run("SCRAM-SHA-256", on: fixture)?.login == "alice")
    }

    @Test func noMessageTwice() async throws {
        let exchange = try #require(Fixture().service.begin("SCRAM-SHA-256", Fixture.encrypted()))
        #expect(await exchange.step([]).challenge == "")
        #expect(await exchange.step([]).outcome?.failure?.kind == .malformed)
        #expect(await exchange.step(Array(ScramClient().first.utf8)).outcome?.failure?.kind == .malformed)
    }

    /// Replaying another exchange's last message proves nothing.
    @Test func replay() async throws {
        let fixture = Fixture()
        let client = ScramClient()
        let one = try #require(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()))
        let challenge = try #require(await one.step(Array(client.first.utf8)).challenge)
        let (message, _) = try #require(client.final(challenge))
        #expect(await one.step(Array(message.utf8)).outcome?.login == "alice")
        let two = try #require(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()))
        _ = await two.step(Array(client.first.utf8))
        #expect(await two.step(Array(message.utf8)).outcome?.login == nil)
    }
}
