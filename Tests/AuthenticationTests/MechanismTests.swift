import Directory
import FuzzSupport
import Testing

@testable import Authentication

/// PLAIN, LOGIN, EXTERNAL, and libsasl2's own client against all of them.
@Suite struct MechanismTests {
    @Test(arguments: ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"])
    func libraryClient(mechanism: String) async {
        let fixture = Fixture()
        // Without a binding, lest the library's client say "y" or ask for one.
        var context = Fixture.encrypted()
        context.channelBinding = { _ in nil }
        let right = LibraryClient(login: "alice", password: Fixture.password)
        #expect(await right.run(mechanism, on: fixture.service, context)?.login == "alice")
        let wrong = LibraryClient(login: "alice", password: "wrong")
        let failure = await wrong.run(mechanism, on: fixture.service, context)?.failure
        #expect(failure?.kind == .invalidCredentials)
    }

    @Test(arguments: ["SCRAM-SHA-256", "PLAIN"])
    func libraryClientActsAsAnother(mechanism: String) async {
        let fixture = Fixture()
        fixture.directory.change { $0.grants = [["alice", "shared"]] }
        var context = Fixture.encrypted()
        context.channelBinding = { _ in nil }
        let client = LibraryClient(
            login: "alice", password: Fixture.password, authorizationID: "shared")
        let outcome = await client.run(mechanism, on: fixture.service, context)
        #expect(outcome?.login == "shared")
        #expect(outcome?.authenticatedBy == "alice")
    }

    // MARK: PLAIN

    @Test func plain() async {
        let message = "\0alice\0\(Fixture.password)"
        #expect(await Fixture().exchange("PLAIN", [message])?.outcome?.login == "alice")
        let late = await Fixture().exchange("PLAIN", [nil, message])
        #expect(late?.outcome?.login == "alice")
        let own = await Fixture().exchange("PLAIN", ["alice@example.org" + message])
        #expect(own?.outcome?.login == "alice")
    }

    @Test func plainAsksForAMessage() async {
        #expect(await Fixture().exchange("PLAIN", [nil])?.challenge == "")
    }

    /// Not one of them costs a bind.
    @Test(arguments: [
        "\0alice\0", "\0\0secret", "\0 \0secret", "\0al\u{1}ice\0secret", "\0alice\r\n\0secret",
        "\0alice\0" + String(repeating: "a", count: 1025),
        "\0" + String(repeating: "a", count: 2000) + "\0secret",
    ])
    func plainThatCannotBeRight(message: String) async {
        let fixture = Fixture()
        let failure = await fixture.exchange("PLAIN", [message])?.outcome?.failure
        #expect(failure?.kind == .invalidCredentials)
        #expect(fixture.directory.binds == 0 && fixture.directory.lookups == 0)
    }

    @Test func loginThatIsNotUTF8() async throws {
        let fixture = Fixture()
        let exchange = try #require(fixture.service.begin("PLAIN", Fixture.encrypted()))
        let step = await exchange.step([0, 0xff, 0xfe, 0] + Array("secret".utf8))
        #expect(step.outcome?.failure?.kind == .invalidCredentials)
        #expect(fixture.directory.lookups == 0)
    }

    @Test(arguments: ["", "alice", "\0alice", "a\0b\0c\0d", "\0alice\0secret\0"])
    func plainMalformed(message: String) async {
        let step = await Fixture().exchange("PLAIN", [message])
        #expect(step?.outcome?.failure?.kind == .malformed)
    }

    @Test(arguments: ["bob", "nobody", "\u{1}"])
    func plainActsAsAnother(name: String) async {
        let fixture = Fixture()
        let step = await fixture.exchange("PLAIN", ["\(name)\0alice\0\(Fixture.password)"])
        #expect(step?.outcome?.failure?.kind == .notAuthorized)
    }

    @Test func targetThatIsDisabled() async {
        let fixture = Fixture()
        fixture.directory.change {
            $0.grants = [["alice", "shared"]]
            $0.users[2].account.status = .disabled
        }
        let step = await fixture.exchange("PLAIN", ["shared\0alice\0\(Fixture.password)"])
        #expect(step?.outcome?.failure?.kind == .notAuthorized)
    }

    // MARK: LOGIN

    @Test func login() async {
        let fixture = Fixture()
        #expect(await fixture.exchange("LOGIN", [nil])?.challenge == "Username:")
        #expect(await fixture.exchange("LOGIN", [nil, "bob"])?.challenge == "Password:")
        #expect(await fixture.exchange("LOGIN", [nil, "bob", "b0b"])?.outcome?.login == "bob")
        #expect(await fixture.exchange("LOGIN", ["bob", "b0b"])?.outcome?.login == "bob")
    }

    @Test(arguments: [
        ["", "", "secret"], ["bob", ""], ["bob", "b0\0b"], ["bo\0b", "b0b"], [" ", "b0b"],
    ])
    func loginThatCannotBeRight(messages: [String]) async {
        let fixture = Fixture()
        let failure = await fixture.exchange("LOGIN", messages)?.outcome?.failure
        #expect(failure?.kind == .invalidCredentials)
        #expect(fixture.directory.binds == 0)
    }

    // MARK: EXTERNAL

    static let certificate = (subject: "cn=Alice,dc=example,dc=org", emails: ["alice@example.org"])

    @Test(arguments: ["", "alice", "alice@example.org"])
    func external(name: String) async {
        let fixture = Fixture()
        fixture.directory.change { $0.certificates = [Self.certificate.subject: "alice"] }
        let context = Fixture.encrypted(certificate: Self.certificate)
        #expect(await fixture.exchange("EXTERNAL", [name], context)?.outcome?.login == "alice")
        let late = await fixture.exchange("EXTERNAL", [nil, name], context)
        #expect(late?.outcome?.login == "alice")
    }

    @Test func externalOfAStranger() async {
        let context = Fixture.encrypted(certificate: Self.certificate)
        let step = await Fixture().exchange("EXTERNAL", [""], context)
        #expect(step?.outcome?.failure?.kind == .invalidCredentials)
    }

    @Test func externalAsAnother() async {
        let fixture = Fixture()
        fixture.directory.change { $0.certificates = [Self.certificate.subject: "alice"] }
        let context = Fixture.encrypted(certificate: Self.certificate)
        let refused = await fixture.exchange("EXTERNAL", ["bob"], context)
        #expect(refused?.outcome?.failure?.kind == .notAuthorized)
        fixture.directory.change { $0.users[0].account.status = .disabled }
        let disabled = await fixture.exchange("EXTERNAL", [""], context)
        #expect(disabled?.outcome?.failure?.kind == .disabled)
    }

    // MARK: Any mechanism

    @Test(arguments: SASLMechanism.allCases)
    func hugeResponse(mechanism: SASLMechanism) async throws {
        let fixture = Fixture()
        let context = Fixture.encrypted(certificate: Self.certificate)
        for size in [SASLExchange.maximumResponseLength + 1, 1 << 20] {
            let exchange = try #require(fixture.service.begin(mechanism.rawValue, context))
            let step = await exchange.step([UInt8](repeating: 0x61, count: size))
            #expect(step.outcome?.failure?.kind == .malformed)
        }
    }

    @Test(arguments: SASLMechanism.allCases)
    func stepAfterTheEnd(mechanism: SASLMechanism) async throws {
        let context = Fixture.encrypted(certificate: Self.certificate)
        let exchange = try #require(Fixture().service.begin(mechanism.rawValue, context))
        _ = await exchange.step([UInt8](repeating: 0x61, count: 1 << 20))
        #expect(await exchange.step([]).outcome?.failure?.kind == .malformed)
    }

    /// Every mechanism, abandoned after each step that an honest client would make.
    @Test(arguments: SASLMechanism.allCases)
    func abandoned(mechanism: SASLMechanism) async throws {
        let context = Fixture.encrypted(certificate: Self.certificate)
        let fixture = Fixture()
        _ = try #require(fixture.service.begin(mechanism.rawValue, context))
        let silent = try #require(fixture.service.begin(mechanism.rawValue, context))
        _ = await silent.step(nil)
        let half = try #require(fixture.service.begin(mechanism.rawValue, context))
        let flag = mechanism.bindsChannel ? "p=tls-exporter" : "n"
        _ = await half.step(Array(ScramClient(flag: flag).first.utf8))
    }

    /// Bytes that no client sends, from the first and from the second step on.
    @Test(arguments: SASLMechanism.allCases)
    func noise(mechanism: SASLMechanism) async throws {
        let context = Fixture.encrypted(certificate: Self.certificate)
        let fixture = Fixture { $0.failuresPerAddress = .max }
        var generator = Dice(seed: 1)
        let alphabet = Array("\0=,:anrcpy$*\u{7f}\r\n".utf8) + [0xff, 0x80]
        for round in 0..<200 {
            let exchange = try #require(fixture.service.begin(mechanism.rawValue, context))
            if round.isMultiple(of: 2) {
                let flag = mechanism.bindsChannel ? "p=tls-exporter" : "n"
                _ = await exchange.step(Array(ScramClient(flag: flag).first.utf8))
            }
            for _ in 0..<3 {
                let bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator)!
                }
                #expect(await exchange.step(bytes).outcome?.login == nil)
            }
        }
    }

    @Test func manyAtOnce() async {
        let fixture = Fixture { $0.failuresPerAddress = .max }
        let names = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"]
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask { @concurrent in
                    var context = Fixture.encrypted(from: "192.0.2.\(number)")
                    context.channelBinding = { _ in nil }
                    let isRight = number.isMultiple(of: 2)
                    let client = LibraryClient(
                        login: "alice", password: isRight ? Fixture.password : "wrong")
                    let outcome = await client.run(
                        names[number % names.count], on: fixture.service, context)
                    return isRight
                        ? outcome?.login == "alice"
                        : outcome?.failure?.kind == .invalidCredentials
                }
            }
            for await isAsExpected in group { #expect(isAsExpected) }
        }
    }
}
