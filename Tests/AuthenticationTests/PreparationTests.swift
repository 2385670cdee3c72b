import Directory
import MailModel
import Synchronization
import Testing

@testable import Authentication

/// Names and passwords outside ASCII, through all mechanisms that carry them.
@Suite struct PreparationTests {
    /// In form C; and as a keyboard of another system sends it.
    private static let name = "j\u{FC}rgen"
    private static let decomposedName = "ju\u{308}rgen"
    private static let password = "p\u{E4}ss\u{F8}"
    private static let decomposedPassword = "pa\u{308}ss\u{F8}"

    private static func fixture(stored: String = password) -> Fixture {
        let fixture = Fixture()
        let secrets = ScramHash.allCases.map {
            ScramClient.authPassword($0, password: stored, salt: Array(0..<16), iterations: 4096)
        }
        fixture.directory.change {
            $0.users.append(
                .init(account: Fixture.account(4, name), password: stored, secrets: secrets))
            $0.grants = [["alice", name]]
        }
        return fixture
    }

    /// What the directory was asked, octet by octet.
    private static func binds(_ fixture: Fixture) -> [[UInt8]] {
        fixture.directory.state.withLock { $0.binds }
    }

    private static func octets(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    @Test func preparedFormIsBoundWith() async {
        let fixture = Self.fixture()
        #expect(await fixture.login(Self.decomposedName, Self.decomposedPassword).login == Self.name)
        #expect(Self.binds(fixture) == Self.octets(Self.password))
        // Remembered as it was typed.
        #expect(await fixture.login(Self.decomposedName, Self.decomposedPassword).login == Self.name)
        #expect(fixture.directory.binds == 1)
    }

    @Test(arguments: ["PLAIN", "LOGIN"])
    func mechanisms(_ mechanism: String) async {
        let fixture = Self.fixture()
        let client = LibraryClient(login: Self.decomposedName, password: Self.decomposedPassword)
        #expect(await client.run(mechanism, on: fixture.service, Fixture.encrypted())?.login == Self.name)
        #expect(Self.binds(fixture) == Self.octets(Self.password))
    }

    /// Whoever stored the password did not prepare it: what was typed is right all the same.
    @Test(arguments: ["m\u{B2}", "\u{FB01}sh", "a\u{A0}b", "pa\u{308}ss"])
    func storedAsTyped(_ password: String) async throws {
        let fixture = Self.fixture(stored: password)
        #expect(await fixture.login(Self.name, password).login == Self.name)
        let prepared = try #require(SASLprep.prepare(password))
        #expect(Self.binds(fixture) == Self.octets(prepared, password))
        #expect(await fixture.login(Self.name, password).login == Self.name)
        #expect(fixture.directory.binds == 2)
        // The other form is another password there.
        #expect(await fixture.login(Self.name, prepared).failure?.kind == .invalidCredentials)
        #expect(fixture.directory.binds == 3)
    }

    /// A right password is no failure in the directory each time that it is not remembered.
    @Test func theFormThatWasRightIsTriedFirst() async throws {
        let (typed, prepared) = ("m\u{B2}", "m2")
        let fixture = Self.fixture(stored: typed)
        for _ in 1...3 {
            #expect(await fixture.login(Self.name, typed).login == Self.name)
            fixture.advance(.seconds(60))
        }
        #expect(Self.binds(fixture) == Self.octets(prepared, typed, typed, typed))
        // It has been stored anew, and prepared.
        fixture.directory.change { $0.users[3].password = prepared }
        for _ in 1...2 {
            #expect(await fixture.login(Self.name, typed).login == Self.name)
            fixture.advance(.seconds(60))
        }
        #expect(Self.binds(fixture).dropFirst(4) == Self.octets(typed, prepared, prepared)[...])
    }

    @Test func wrongInBothForms() async {
        let fixture = Self.fixture()
        for _ in 0..<3 {
            let failure = await fixture.login(Self.name, "m\u{B2}").failure
            #expect(failure?.kind == .invalidCredentials)
        }
        #expect(Self.binds(fixture) == Self.octets("m2", "m\u{B2}"))
    }

    /// Only a wrong password is a reason to try the other form.
    @Test(arguments: [
        BindOutcome.locked("by policy"), .passwordExpired("yesterday"), .refused("no"),
        .unavailable(FakeDirectory.fault),
    ])
    func otherAnswers(_ answer: BindOutcome) async {
        let fixture = Self.fixture()
        fixture.directory.change { $0.bindOutcome = answer }
        #expect(await fixture.login(Self.name, "m\u{B2}").failure != nil)
        #expect(fixture.directory.binds == 1)
    }

    /// Answered like a wrong password, and after the same time.
    @Test(arguments: [
        "tab\t", "bell\u{7}", "\u{E000}", "\u{AD}", "\u{202E}x", "\u{FFFD}",
    ])
    func refusedPasswords(_ password: String) async {
        let fixture = Self.fixture()
        let wrong = await Self.fixture().login("alice", "wrong").failure
        let failure = await fixture.login("alice", password).failure
        #expect(failure?.kind == .invalidCredentials)
        #expect(failure?.delay == wrong?.delay)
        #expect(failure?.cause == PreparedPassword.refusal)
        #expect(fixture.directory.binds == 0)
        #expect(fixture.directory.lookups == 0)
    }

    /// Hebrew and Arabic with a digit at one end.
    @Test(arguments: ["\u{5E9}\u{5DC}\u{5D5}\u{5DD}123", "2024\u{633}\u{644}\u{627}\u{645}"])
    func passwordsInBothDirections(_ password: String) async {
        let fixture = Self.fixture(stored: password)
        #expect(await fixture.login(Self.name, password).login == Self.name)
        #expect(fixture.directory.binds == 1)
    }

    /// A device that goes on trying is one failure, as with any wrong password.
    @Test func refusedAgain() async {
        let fixture = Self.fixture()
        _ = await fixture.login("alice", "tab\t")
        let second = await fixture.login("alice", "tab\t").failure
        for _ in 0..<10 {
            #expect(await fixture.login("alice", "tab\t").failure?.delay == second?.delay)
        }
    }

    /// The second bind is not to tell which logins there are.
    @Test func twoBindsTakeTheTimeOfTwo() async {
        let known = await Self.fixture().login(Self.name, "m\u{B2}").failure
        let unknown = await Self.fixture().login("nobody", "m\u{B2}").failure
        let plain = await Self.fixture().login("nobody", "m2").failure
        #expect(known?.delay == unknown?.delay)
        #expect(unknown?.delay == plain.map { $0.delay * 2 })
    }

    /// "p\u{E4}s" in ISO 8859-1: the directory sees the octets, but for PLAIN (RFC 4616 section 2).
    @Test func passwordsThatAreNotUTF8() async {
        let octets: [UInt8] = [0x70, 0xe4, 0x73]
        let fixture = Self.fixture()
        fixture.directory.change { $0.bindOutcome = .success(warnings: []) }
        let plain = await fixture.service.begin("PLAIN", Fixture.encrypted())?
            .step(Array("\0alice\0".utf8) + octets)
        #expect(plain?.outcome?.failure?.kind == .invalidCredentials)
        #expect(fixture.directory.binds == 0)
        let exchange = fixture.service.begin("LOGIN", Fixture.encrypted())
        _ = await exchange?.step(nil)
        _ = await exchange?.step(Array("alice".utf8))
        #expect(await exchange?.step(octets).outcome?.login == "alice")
        #expect(Self.binds(fixture) == [octets])
        let other = Self.fixture()
        other.directory.change { $0.bindOutcome = .success(warnings: []) }
        let outcome = await other.service.verifyPassword(
            login: "alice", password: octets, Fixture.encrypted())
        #expect(outcome.login == "alice")
        #expect(Self.binds(other) == [octets])
        // No password has a NUL.
        let failure = await other.service.verifyPassword(
            login: "alice", password: octets + [0], Fixture.encrypted()
        ).failure
        #expect(failure?.cause == PreparedPassword.refusal)
        #expect(other.directory.binds == 1)
    }

    @Test(arguments: [
        "alice\u{7}", "\u{AD}", "\u{3000}", "\u{627}a", "\u{E000}", "alice\u{202E}",
        // Short enough as it is, but not when it is prepared.
        String(repeating: "\u{FDFA}", count: 100),
    ])
    func refusedNames(_ name: String) async {
        let fixture = Self.fixture()
        #expect(await fixture.login(name, Fixture.password).failure?.kind == .invalidCredentials)
        let scram = ScramClient(login: name)
        #expect(await scram.run("SCRAM-SHA-256", on: fixture)?.failure?.kind == .invalidCredentials)
        var other = ScramClient()
        other.authorizationID = name
        #expect(await other.run("SCRAM-SHA-256", on: fixture)?.failure?.kind == .notAuthorized)
        // Only "alice" of the last was looked up.
        #expect(fixture.directory.lookups == 1)
    }

    /// The client prepares its password itself (RFC 5802 section 2.2, Normalize).
    @Test(arguments: ScramHash.allCases)
    func scram(_ hash: ScramHash) async {
        let client = ScramClient(hash: hash, login: Self.decomposedName, password: Self.password)
        #expect(await client.run(hash.rawValue, on: Self.fixture())?.login == Self.name)
    }

    @Test func toActAsSomeoneElse() async {
        var client = ScramClient()
        client.authorizationID = Self.decomposedName
        #expect(await client.run("SCRAM-SHA-256", on: Self.fixture())?.login == Self.name)
    }

    /// Spellings of one name are one login to the throttle.
    @Test func failuresOfANameAddUp() async {
        let fixture = Self.fixture()
        var delays: [Duration] = []
        for (number, name) in [Self.name, Self.decomposedName, Self.name].enumerated() {
            let failure = await fixture.login(name, "wrong\(number)", from: "192.0.2.\(number)").failure
            delays.append(failure?.delay ?? .zero)
        }
        let plain = Self.fixture()
        var expected: [Duration] = []
        for number in 0..<3 {
            let failure = await plain.login(Self.name, "wrong\(number)", from: "192.0.2.\(number)").failure
            expected.append(failure?.delay ?? .zero)
        }
        #expect(delays == expected)
    }
}
