import MailModel
import Synchronization
import TestSupport
import Testing

@testable import Directory

/// Silence, emptiness and return of the directory: what exists is never refused for good.
@Suite(.serialized) struct OutageTests {
    private static let existing = [
        "alice@example.org", "alice@example.com", "alice+x@example.org", "sales@example.org",
        "everyone@example.org", "frank@example.org", "any@example.net", "postmaster@example.org",
    ]

    enum Outage: CaseIterable { case stopped, paused, emptied }

    private func begin(_ outage: Outage, _ slapd: PrivateSlapd) throws {
        switch outage {
        case .stopped: slapd.stop()
        case .paused: slapd.pause()
        case .emptied: try slapd.empty()
        }
    }

    private static let timeout = Duration.seconds(5)

    /// All at once, so that a paused directory costs one deadline.
    private func resolveAll(_ directory: Directory) async -> [(String, Resolution)] {
        await withTaskGroup(of: (String, Resolution).self) { group in
            for text in Self.existing {
                group.addTask { (text, await directory.resolve(address(text))) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test(arguments: Outage.allCases)
    func unknownYetIsRefusedForNow(_ outage: Outage) async throws {
        let sample = try SampleDirectory(timeout: Self.timeout)
        try begin(outage, sample.slapd)
        for (text, resolution) in await resolveAll(sample.directory) {
            guard case .rejected(let error) = resolution else {
                Issue.record("\(text): \(resolution)")
                continue
            }
            #expect(error.code / 100 == 4 && error.isTemporary, "\(text): \(error)")
        }
        guard case .unavailable = await sample.directory.account(login: "alice"),
            case .unavailable = await sample.directory.domain(named: "example.org")
        else { return #expect(Bool(false)) }
        sample.slapd.resume()
        await sample.directory.shutDown()
    }

    @Test(arguments: Outage.allCases)
    func knownIsServedFromMemory(_ outage: Outage) async throws {
        // Nothing is fresh at any time, so each answer asks the directory first.
        let sample = try SampleDirectory(
            cache: CacheLifetimes(positive: .zero, negative: .zero, stale: .seconds(600)),
            timeout: Self.timeout)
        let before = Dictionary(
            uniqueKeysWithValues: await resolveAll(sample.directory).map { ($0, $1.summary) })
        #expect(before["frank@example.org"] == "frank@example.org bob@example.org")
        _ = await sample.directory.account(login: "alice")
        _ = await sample.directory.resolve(address("nobody@example.org"))
        try begin(outage, sample.slapd)
        for (text, resolution) in await resolveAll(sample.directory) {
            #expect(resolution.summary == before[text], "\(text)")
        }
        guard case .found = await sample.directory.account(login: "alice")
        else { return #expect(Bool(false)) }
        // An old "no" is not repeated.
        #expect(await sample.directory.resolve(address("nobody@example.org")).summary
            == "451 4.4.3")
        sample.slapd.resume()
        await sample.directory.shutDown()
    }

    /// An emptied directory refuses every password, and has nobody's secrets.
    @Test func passwordsAreNotBelievedWrongWithoutTheirEntry() async throws {
        let sample = try SampleDirectory()
        guard case .found(let alice) = await sample.directory.account(login: "alice"),
            case .found(let bob) = await sample.directory.account(login: "bob")
        else { return #expect(Bool(false)) }
        let (right, wrong) = (Array("alice-secret".utf8), Array("wrong".utf8))
        #expect(await sample.directory.authenticate(alice, password: wrong) == .invalidCredentials)
        try sample.slapd.modify("dn: \(bob.dn)\nchangetype: delete\n")
        #expect(await sample.directory.authenticate(bob, password: wrong) == .noSuchEntry)
        // Somebody else has the login now, who is no answer to this account's password.
        let attributes = "objectClass: inetOrgPerson\ncn: x\nsn: x\nmail: bob@example.org\nuserPassword: other"
        try sample.slapd.modify("dn: \(bob.dn)\nchangetype: add\n\(attributes)\n")
        guard case .refused = await sample.directory.authenticate(bob, password: wrong)
        else { return #expect(Bool(false)) }
        guard case .notFound = await sample.directory.scramSecrets(for: bob)
        else { return #expect(Bool(false)) }
        try sample.slapd.empty()
        guard case .unavailable = await sample.directory.authenticate(alice, password: right),
            case .unavailable = await sample.directory.scramSecrets(for: alice)
        else { return #expect(Bool(false)) }
        await sample.directory.shutDown()
    }

    /// It was empty when the password was asked for, and is filled when the entry is looked up.
    @Test func aPasswordIsAskedForAgainBehindANewConnection() async throws {
        let sample = try SampleDirectory()
        let client = sample.client()
        let restarted = RestartedDirectory(client)
        let directory = sample.directory(over: restarted)
        guard case .found(let alice) = await directory.account(login: "alice")
        else { return #expect(Bool(false)) }
        let right = Array("alice-secret".utf8)
        restarted.isEmptyForOneBind.store(true, ordering: .sequentiallyConsistent)
        #expect(await directory.authenticate(alice, password: right) == .success(warnings: []))
        #expect(restarted.binds.load(ordering: .sequentiallyConsistent) == 2)
        // The server that refuses is the one that is asked for the entry.
        #expect(await directory.authenticate(alice, password: Array("wrong".utf8)) == .invalidCredentials)
        #expect(restarted.binds.load(ordering: .sequentiallyConsistent) == 3)
        await directory.shutDown()
        await sample.directory.shutDown()
    }

    @Test func usersGoneAreNotBelieved() async throws {
        let sample = try SampleDirectory(
            cache: CacheLifetimes(positive: .zero, negative: .zero, stale: .zero))
        #expect(await sample.directory.resolve(address("bob@example.org")).summary
            == "bob@example.org")
        let logins = ["alice", "bob", "carol", "dave", "erin", "frank"]
            .map { "uid=\($0),ou=people,ou=example.org" }
            + ["alice.net", "grace"].map { "uid=\($0),ou=people,ou=example.net" }
        for login in logins {
            try sample.slapd.modify(
                "dn: \(login),ou=mail,dc=example,dc=org\nchangetype: delete\n")
        }
        #expect(await sample.directory.resolve(address("bob@example.org")).summary
            == "451 4.4.3")
        #expect(await sample.directory.resolve(address("team@example.org")).summary
            == "451 4.2.4")
        await sample.directory.shutDown()
    }

    @Test func comesBackByItself() async throws {
        let sample = try SampleDirectory(cache: CacheLifetimes(positive: .zero, negative: .zero))
        sample.slapd.stop()
        #expect(await sample.directory.resolve(address("bob@example.org")).summary
            == "451 4.4.3")
        try sample.slapd.start()
        var summary = ""
        for _ in 0..<1200 where summary != "bob@example.org" {
            try await Task.sleep(for: .milliseconds(50))
            summary = await sample.directory.resolve(address("bob@example.org")).summary
        }
        #expect(summary == "bob@example.org")
        await sample.directory.shutDown()
    }
}

/// A directory that has lost its entries when one password is asked for, and is started anew with them
/// before the next search.
private final class RestartedDirectory: DirectoryAccess {
    let isEmptyForOneBind = Atomic(false)
    let binds = Atomic(0)
    private let restarts = Atomic(0)
    private let client: DirectoryClient

    init(_ client: DirectoryClient) { self.client = client }

    var connectionCount: Int { client.connectionCount + restarts.load(ordering: .sequentiallyConsistent) }

    func bind(dn: String, password: [UInt8]) async -> BindOutcome {
        binds.add(1, ordering: .sequentiallyConsistent)
        guard isEmptyForOneBind.exchange(false, ordering: .sequentiallyConsistent) else {
            return await client.bind(dn: dn, password: password)
        }
        restarts.add(1, ordering: .sequentiallyConsistent)
        return .invalidCredentials
    }

    func search(_ request: SearchRequest) async -> Lookup<[DirectoryEntry]> { await client.search(request) }
    func apply(_ change: DirectoryChange) async -> ChangeOutcome { await client.apply(change) }
    func shutDown() async { await client.shutDown() }
}
