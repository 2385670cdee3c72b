import Directory
import MailModel
import Testing

@testable import Authentication

@Suite struct PasswordTests {
    @Test func rightAndWrong() async {
        let fixture = Fixture()
        #expect(await fixture.login("bob", "b0b").login == "bob")
        #expect(await fixture.login("BOB@example.org", "b0b").authenticatedBy == "BOB@example.org")
        #expect(await fixture.login("bob", "wrong").failure?.kind == .invalidCredentials)
        #expect(await fixture.login("nobody", "b0b").failure?.kind == .invalidCredentials)
    }

    @Test func neverABindForNothing() async {
        let fixture = Fixture()
        for password in ["", "b0\0b", String(repeating: "a", count: 1025)] {
            let failure = await fixture.login("bob", password).failure
            #expect(failure?.kind == .invalidCredentials)
        }
        #expect(fixture.directory.binds == 0)
    }

    @Test(arguments: ["bob)(description=*", "*", "\\", "bob\0", "", " ", "uid=bob,dc=example,dc=org"])
    func strangeLogins(login: String) async {
        let fixture = Fixture()
        #expect(await fixture.login(login, "b0b").failure?.kind == .invalidCredentials)
        #expect(fixture.directory.binds == 0)
    }

    // MARK: Memory

    @Test func successIsRemembered() async {
        let fixture = Fixture()
        for _ in 0..<10 { #expect(await fixture.login("bob", "b0b").login == "bob") }
        #expect(await fixture.login("bob@example.org", "b0b").login == "bob")
        #expect(fixture.directory.binds == 1)
        fixture.advance(.seconds(60))
        #expect(await fixture.login("bob", "b0b").login == "bob")
        #expect(fixture.directory.binds == 2)
    }

    @Test func stalePasswordReachesTheDirectoryOnce() async {
        let fixture = Fixture()
        for _ in 0..<50 {
            #expect(await fixture.login("bob", "old").failure?.kind == .invalidCredentials)
        }
        // By an alias it is the same account, so no further failure is counted there.
        #expect(await fixture.login("bob@example.org", "old").failure != nil)
        #expect(fixture.directory.binds == 1)
        // The right one still gets in, from the same address.
        #expect(await fixture.login("bob", "b0b").login == "bob")
        fixture.advance(.seconds(120))
        _ = await fixture.login("bob", "old")
        #expect(fixture.directory.binds == 3)
    }

    /// What was wrong may be the new password.
    @Test func aWrongPasswordIsForgottenWhenThePasswordChanges() async {
        let fixture = Fixture()
        fixture.directory.change { $0.users[1].account.passwordChanged = "20260101000000Z" }
        for _ in 1...3 { #expect(await fixture.login("bob", "new").failure != nil) }
        #expect(fixture.directory.binds == 1)
        fixture.directory.change {
            $0.users[1].account.passwordChanged = "20260101000001Z"
            $0.users[1].password = "new"
        }
        #expect(await fixture.login("bob", "new").login == "bob")
        #expect(fixture.directory.binds == 2)
    }

    @Test func changedPasswordReplacesTheRememberedOne() async {
        let fixture = Fixture()
        _ = await fixture.login("bob", "b0b")
        fixture.directory.change { $0.users[1].password = "new" }
        #expect(await fixture.login("bob", "new").login == "bob")
        fixture.advance(.seconds(60))
        #expect(await fixture.login("bob", "b0b").failure?.kind == .invalidCredentials)
    }

    @Test func disabledAccountIsNoticedAtOnce() async {
        let fixture = Fixture()
        #expect(await fixture.login("bob", "b0b").login == "bob")
        fixture.directory.change { $0.users[1].account.status = .disabled }
        let failure = await fixture.login("bob", "b0b").failure
        #expect(failure?.kind == .disabled)
        #expect(failure?.isShownAsInvalidCredentials == true)
        fixture.directory.change { $0.users[1].account.status = .active }
        #expect(await fixture.login("bob", "b0b").login == "bob")
    }

    @Test func newLoginIsNoticedAtOnce() async {
        let fixture = Fixture()
        #expect(await fixture.login("carol", "c4rol").failure != nil)
        fixture.directory.change {
            $0.users.append(.init(account: Fixture.account(4, "carol"), password: "c4rol"))
        }
        #expect(await fixture.login("carol", "c4rol").login == "carol")
    }

    @Test func sameQuestionAtOnceIsAskedOnce() async {
        let fixture = Fixture()
        let gate = Gate()
        fixture.directory.change { $0.gate = gate }
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<100 { group.addTask { await fixture.login("bob", "b0b").login } }
            group.addTask {
                while fixture.directory.lookups < 100 { try? await Task.sleep(for: .milliseconds(1)) }
                gate.open()
                return "bob"
            }
            for await login in group { #expect(login == "bob") }
        }
        #expect(fixture.directory.binds == 1)
    }

    // MARK: Answers of the directory

    @Test(arguments: [
        (BindOutcome.locked("by policy"), AuthenticationFailure.Kind.locked, true),
        (.passwordExpired("yesterday"), .passwordExpired, true),
        (.mustChange, .mustChangePassword, true),
        (.disabled("nsAccountLock"), .disabled, true),
        (.invalidCredentials, .invalidCredentials, true),
        (.noSuchEntry, .invalidCredentials, true),
        (.refused("confidentiality required"), .unavailable, false),
        (.unavailable(FakeDirectory.fault), .unavailable, false),
    ])
    func outcome(of bind: BindOutcome, kind: AuthenticationFailure.Kind, isInvalid: Bool) async {
        let fixture = Fixture()
        fixture.directory.change { $0.bindOutcome = bind }
        let failure = await fixture.login("bob", "b0b").failure
        #expect(failure?.kind == kind)
        #expect(failure?.isShownAsInvalidCredentials == isInvalid)
        #expect(failure?.delay == (isInvalid ? .milliseconds(500) : .zero))
        // None of it but a wrong password outlives the directory's change of mind.
        fixture.directory.change { $0.bindOutcome = nil }
        if bind != .invalidCredentials {
            #expect(await fixture.login("bob", "b0b").login == "bob")
        }
    }

    @Test func outage() async {
        let fixture = Fixture()
        #expect(await fixture.login("bob", "b0b").login == "bob")
        fixture.directory.change { $0.bindOutcome = .unavailable(FakeDirectory.fault) }
        #expect(await fixture.login("bob", "b0b").login == "bob")
        fixture.advance(.seconds(300))
        #expect(await fixture.login("bob", "b0b").login == "bob")
        #expect(await fixture.login("bob", "other").failure?.kind == .unavailable)
        fixture.advance(.seconds(300))
        #expect(await fixture.login("bob", "b0b").failure?.kind == .unavailable)
        // Nobody was punished for it.
        fixture.directory.change { $0.bindOutcome = nil }
        #expect(await fixture.login("bob", "wrong").failure?.delay == .milliseconds(500))
    }

    @Test func lookUpThatFailsIsNotARefusal() async {
        let fixture = Fixture()
        fixture.directory.change { $0.isUnavailable = true }
        let failure = await fixture.login("bob", "b0b").failure
        #expect(failure?.kind == .unavailable)
        #expect(failure?.cause == FakeDirectory.fault.cause)
    }

    @Test func serviceThatTheAccountHasNot() async {
        let fixture = Fixture()
        fixture.directory.change { $0.users[1].account.services = [.imap] }
        #expect(await fixture.login("bob", "b0b", service: "imap").login == "bob")
        #expect(await fixture.login("bob", "b0b", service: "pop").failure?.kind == .notAuthorized)
        #expect(await fixture.login("bob", "b0b", service: "smtp").failure?.kind == .notAuthorized)
        // Who does not know the password learns nothing of it.
        #expect(await fixture.login("bob", "no").failure?.kind == .invalidCredentials)
    }

    @Test func memoryIsBounded() async {
        var table = BoundedTable<Int, Int>(capacity: 100)
        for number in 0..<10_000 {
            table[number] = number
            #expect(table.count <= 100)
            #expect(table[number] == number)
        }
        #expect(table[9_960] == 9_960)
        #expect(table[0] == nil)
        table[9_999] = nil
        #expect(table[9_999] == nil)
    }
}
