import Directory
import MailModel
import Testing

@testable import Authentication

@Suite struct ThrottleTests {
    @Test func delayGrowsAndIsForgotten() async {
        let fixture = Fixture()
        var delays: [Duration] = []
        for number in 0..<7 {
            delays.append(await fixture.login("bob", "wrong\(number)").failure!.delay)
        }
        let expected: [Duration] = [
            .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15),
            .seconds(15),
        ]
        #expect(delays == expected)
        fixture.advance(.seconds(3600))
        #expect(await fixture.login("bob", "again").failure?.delay == .milliseconds(500))
    }

    /// The wait is counted from the question: what a bind takes does not show.
    @Test func delayHidesTheBind() async throws {
        let fixture = Fixture()
        let gate = Gate()
        fixture.directory.change { $0.gate = gate }
        async let answer = fixture.login("bob", "wrong")
        while fixture.directory.binds < 1 { try await Task.sleep(for: .milliseconds(1)) }
        fixture.advance(.milliseconds(200))
        gate.open()
        #expect(await answer.failure?.delay == .milliseconds(300))
    }

    @Test func unknownLoginWaitsLikeAWrongPassword() async {
        let fixture = Fixture()
        for number in 0..<6 {
            let known = await fixture.login("bob", "wrong\(number)", from: "192.0.2.1").failure
            let unknown = await fixture.login("nobody", "wrong\(number)", from: "192.0.2.2").failure
            #expect(known?.kind == unknown?.kind)
            #expect(known?.delay == unknown?.delay)
            // Once more the same.
            let knownAgain = await fixture.login("bob", "wrong\(number)", from: "192.0.2.1").failure
            let unknownAgain =
                await fixture.login("nobody", "wrong\(number)", from: "192.0.2.2").failure
            #expect(knownAgain?.kind == unknownAgain?.kind)
            #expect(knownAgain?.delay == unknownAgain?.delay)
        }
    }

    @Test func manyWrongPasswordsFromOneAddress() async {
        let fixture = Fixture()
        var kinds: Set<AuthenticationFailure.Kind> = []
        for number in 0..<1000 {
            let failure = await fixture.login("bob", "wrong\(number)").failure!
            kinds.insert(failure.kind)
            if failure.kind == .tooManyFailures {
                #expect(failure.closeConnection)
                #expect(failure.delay == .seconds(15))
            }
        }
        #expect(fixture.directory.binds == 20)
        #expect(kinds == [.invalidCredentials, .tooManyFailures])
        // From elsewhere the user gets in, at once; and an unknown login there gives nothing away.
        #expect(await fixture.login("bob", "b0b", from: "198.51.100.7").login == "bob")
        // A password proved elsewhere is taken here too; another account's is not looked at.
        #expect(await fixture.login("bob", "b0b").login == "bob")
        #expect(await fixture.login("shared", "sh4red").failure?.kind == .tooManyFailures)
        #expect(await fixture.login("nobody", "x").failure?.kind == .tooManyFailures)
        fixture.advance(.seconds(3600))
        #expect(await fixture.login("shared", "sh4red").login == "shared")
    }

    @Test func manyWrongPasswordsFromManyAddresses() async {
        let fixture = Fixture()
        for number in 0..<1000 {
            _ = await fixture.login("bob", "wrong\(number)", from: "198.51.\(number % 10).1")
        }
        #expect(fixture.directory.binds <= 60)
        #expect(await fixture.login("bob", "b0b", from: "203.0.113.5").login == "bob")
    }

    /// A hundred connections at once from an address with failures don't get a bind each.
    @Test func manyAtOnceFromOneAddress() async {
        let fixture = Fixture()
        for number in 0..<10 { _ = await fixture.login("bob", "wrong\(number)") }
        let gate = Gate()
        fixture.directory.change { $0.gate = gate }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask { _ = await fixture.login("bob", "guess\(number)") }
            }
            group.addTask {
                while fixture.directory.lookups < 110 { try? await Task.sleep(for: .milliseconds(1)) }
                gate.open()
            }
        }
        #expect(fixture.directory.binds <= 20)
    }

    /// One device with a stale password behind a shared address shuts nobody out.
    @Test func stalePasswordBehindASharedAddress() async {
        let fixture = Fixture()
        for _ in 0..<1000 { _ = await fixture.login("bob", "old") }
        #expect(await fixture.login("shared", "sh4red").login == "shared")
        #expect(await fixture.login("alice", Fixture.password).login == "alice")
    }

    @Test func scramCountsToo() async {
        let fixture = Fixture()
        var kinds: [AuthenticationFailure.Kind?] = []
        for _ in 0..<30 {
            let outcome = await ScramClient(password: "wrong").run("SCRAM-SHA-256", on: fixture)
            kinds.append(outcome?.failure?.kind)
        }
        #expect(kinds.first == .invalidCredentials)
        #expect(kinds.last == .tooManyFailures)
        let elsewhere = await ScramClient().run(
            "SCRAM-SHA-256", on: fixture, Fixture.encrypted(from: "198.51.100.7"))
        #expect(elsewhere?.login == "alice")
    }

    @Test func connectionEnds() async {
        let fixture = Fixture()
        for failures in 0..<5 {
            let failure = await fixture.login("bob", "wrong", previousFailures: failures).failure
            #expect(failure?.closeConnection == (failures >= 2))
        }
        let malformed = await fixture.exchange(
            "PLAIN", ["x"], Fixture.encrypted(previousFailures: 2))
        #expect(malformed?.outcome?.failure?.closeConnection == true)
    }

    @Test func networks() {
        #expect(NetworkKey("192.0.2.1") != NetworkKey("192.0.2.2"))
        #expect(NetworkKey("2001:db8::1") == NetworkKey("2001:db8::ffff:1"))
        #expect(NetworkKey("2001:db8::1") != NetworkKey("2001:db8:0:1::1"))
        #expect(NetworkKey("::ffff:192.0.2.1") == NetworkKey("192.0.2.1"))
        #expect(NetworkKey("::1") != NetworkKey("0.0.0.0"))
        #expect(NetworkKey("not an address") == NetworkKey("nor this"))
    }
}
