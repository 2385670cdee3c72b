import Logging
import MailModel
import Synchronization
import Testing
import TestSupport
import TLSPolicy

@Suite struct StoreTests {
    private let source = FakeSource()
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func store(domains: Int = 10_000) async -> MTASTSPolicyStore {
        var configuration = MTASTSPolicyStore.Configuration(directory: files.path + "/tls-policy")
        configuration.domains = domains
        return await MTASTSPolicyStore(
            configuration, source: source, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { [source] in source.now })
    }

    @Test func asksForAPolicyOnce() async {
        let store = await store()
        let result = await store.policy(for: "Example.ORG")
        #expect(result.policy == MTASTSPolicy(mode: .enforce, patterns: ["mail.example.org"], maxAge: 604_800))
        #expect(result.failure == nil)
        #expect(source.world.withLock { $0.texts } == ["_mta-sts.example.org"])
        #expect(source.world.withLock { $0.fetches } == ["mta-sts.example.org"])
        #expect(await store.policy(for: "example.org") == result)
        #expect(source.counts == [1, 1])
        // Later the DNS is asked, and says the same.
        source.wait(301)
        #expect(await store.policy(for: "example.org") == result)
        #expect(source.counts == [2, 1])
    }

    @Test func fetchesWhatChanged() async {
        let store = await store()
        _ = await store.policy(for: "example.org")
        source.change {
            $0.announcement = .records(["v=STSv1; id=2"])
            $0.file = .success(policyText(mode: "none"))
        }
        #expect(await store.policy(for: "example.org").policy?.mode == .enforce)
        source.wait(301)
        #expect(await store.policy(for: "example.org").policy?.mode == MTASTSPolicy.Mode.none)
        #expect(source.counts == [2, 2])
    }

    /// What replaces the announcement and the file later, and the failure that is told.
    @Test(arguments: [
        (MTASTSAnnouncement.records(["v=STSv1; id=2"]), .failure(.timedOut), .stsPolicyFetchError),
        (.records(["v=STSv1; id=2"]), .failure(.untrusted("")), .stsWebPKIInvalid),
        (.records(["v=STSv1; id=2"]), .success("<html>"), .stsPolicyInvalid),
        (.none, .failure(.timedOut), nil), (.records(["nothing"]), .failure(.timedOut), nil),
        (.unavailable, .failure(.timedOut), nil),
    ] as [(MTASTSAnnouncement, Result<String, PolicyFetchError>, TLSResultType?)])
    func keepsAValidPolicy(
        _ announcement: MTASTSAnnouncement, _ file: Result<String, PolicyFetchError>,
        _ failure: TLSResultType?
    ) async {
        let store = await store()
        _ = await store.policy(for: "example.org")
        source.change {
            $0.announcement = announcement
            $0.file = file
        }
        source.wait(604_000)
        let late = await store.policy(for: "example.org")
        #expect(late.policy?.mode == .enforce)
        #expect(late.failure == failure)
        // It expires within the five minutes for which the answer counts.
        source.wait(801)
        let expired = await store.policy(for: "example.org")
        #expect(expired.policy == nil)
        #expect(expired.failure == failure)
    }

    @Test func noPolicyIsRemembered() async {
        for (announcement, file, failure, wait, fetches) in [
            (.none, .success(""), nil, 300, 0), (.unavailable, .success(""), nil, 60, 0),
            (.records(["v=STSv1; id=1", "v=STSv1; id=2"]), .success(policyText()), nil, 300, 0),
            (.records(["v=STSv1; id=1"]), .failure(.status(404)), .stsPolicyFetchError, 300, 1),
            (.records(["v=STSv1; id=1"]), .success("x"), .stsPolicyInvalid, 300, 1),
        ] as [(MTASTSAnnouncement, Result<String, PolicyFetchError>, TLSResultType?, Int64, Int)] {
            let store = await store()
            source.change {
                $0.announcement = announcement
                $0.file = file
                $0.texts = []
                $0.fetches = []
            }
            for _ in 0..<3 {
                let result = await store.policy(for: "example.org")
                #expect(result.policy == nil && result.failure == failure)
                source.wait(wait / 3 - 1)
            }
            #expect(source.counts == [1, fetches])
            source.wait(3)
            _ = await store.policy(for: "example.org")
            #expect(source.counts == [2, 2 * fetches])
        }
    }

    @Test func aPolicyInUseIsFetchedAgainEachDay() async {
        let store = await store()
        _ = await store.policy(for: "example.org")
        for _ in 0..<20 {
            source.wait(86_400)
            #expect(await store.policy(for: "example.org").policy != nil)
        }
        #expect(source.counts == [21, 21])
    }

    @Test func shortLives() async {
        source.change { $0.file = .success(policyText(age: 0)) }
        let store = await store()
        #expect(await store.policy(for: "example.org").policy != nil)
        #expect(await store.policy(for: "example.org").policy != nil)
        #expect(source.counts == [1, 1])
        source.change { $0.announcement = .none }
        source.wait(60)
        #expect(await store.policy(for: "example.org").policy == nil)
    }

    @Test func survivesARestart() async throws {
        let first = await store()
        for name in ["a", "b", "c"] { _ = await first.policy(for: "\(name).example.org") }
        source.wait(301)
        source.change {
            $0.announcement = .records(["v=STSv1; id=2"])
            $0.file = .success(policyText(mode: "testing"))
        }
        _ = await first.policy(for: "b.example.org")
        // A crash in the middle of a line, and what a person might leave.
        let path = files.path + "/tls-policy/mta-sts.jsonl"
        let text = try TextFile.read(path)
        try TextFile.write("nonsense\n" + text + text.prefix(50), to: path)
        source.change {
            $0.announcement = .none
            $0.file = .failure(.noAddress)
        }
        let second = await store()
        #expect(await second.policy(for: "a.example.org").policy?.mode == .enforce)
        #expect(await second.policy(for: "b.example.org").policy?.mode == .testing)
        source.change {
            $0.announcement = .records(["v=STSv1; id=3"])
            $0.file = .success(policyText(mode: "none"))
        }
        #expect(await second.policy(for: "c.example.org").policy?.mode == MTASTSPolicy.Mode.none)
        source.change { $0.announcement = .unavailable }
        let third = await store()
        #expect(await third.policy(for: "a.example.org").policy?.mode == .enforce)
        #expect(await third.policy(for: "c.example.org").policy?.mode == MTASTSPolicy.Mode.none)
        source.wait(604_800)
        let fourth = await store()
        #expect(await fourth.policy(for: "a.example.org").policy == nil)
    }

    @Test func theFileIsRewritten() async throws {
        let store = await store()
        for id in 0..<1100 {
            source.change { $0.announcement = .records(["v=STSv1; id=\(id)"]) }
            source.wait(301)
            _ = await store.policy(for: "example.org")
        }
        let lines = try TextFile.read(files.path + "/tls-policy/mta-sts.jsonl").split(separator: "\n")
        #expect(lines.count < 200)
        #expect(lines.last?.contains("\"id\":\"1099\"") == true)
    }

    @Test func forgetsWhatGoesUnused() async {
        let store = await store(domains: 3)
        for name in ["a", "b", "c", "a", "d"] {
            source.wait(1)
            _ = await store.policy(for: "\(name).example")
        }
        source.change { $0.announcement = .none }
        source.wait(301)
        for (name, isKept) in [("a", true), ("b", false), ("c", true), ("d", true)] {
            #expect(await (store.policy(for: "\(name).example").policy != nil) == isKept, "\(name)")
        }
    }

    @Test func oneFetchForAll() async {
        let gate = Gate()
        let store = await MTASTSPolicyStore(
            .init(directory: files.path + "/tls-policy"), source: GatedSource(gate: gate, inner: source),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await withTaskGroup(of: MTASTSResult.self) { group in
            for _ in 0..<50 { group.addTask { await store.policy(for: "example.org") } }
            await gate.reached()
            for _ in 0..<1000 { await Task.yield() }
            await gate.open()
            for await result in group { #expect(result.policy != nil) }
        }
        #expect(source.counts == [1, 1])
    }

    @Test(arguments: ["", "localhost", "[192.0.2.1]", "a..b", "a b.c", "-a.b", "../etc/passwd", "bücher.example"])
    func namesThatAreNotAskedFor(_ domain: String) async {
        let store = await store()
        #expect(await store.policy(for: domain) == MTASTSResult(policy: nil, failure: nil))
        #expect(source.counts == [0, 0])
    }

    @Test func withoutADisk() async throws {
        try TextFile.write("", to: files.path + "/tls-policy")
        let store = await store()
        #expect(await store.policy(for: "example.org").policy != nil)
    }
}

/// Holds whoever comes until it is opened.
private actor Gate {
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var watchers: [CheckedContinuation<Void, Never>] = []
    private var isReached = false
    private var isOpen = false

    func pass() async {
        isReached = true
        watchers.forEach { $0.resume() }
        watchers = []
        if !isOpen { await withCheckedContinuation { waiting.append($0) } }
    }

    func reached() async {
        if !isReached { await withCheckedContinuation { watchers.append($0) } }
    }

    func open() {
        isOpen = true
        waiting.forEach { $0.resume() }
        waiting = []
    }
}

private struct GatedSource: MTASTSSource {
    let gate: Gate
    let inner: FakeSource

    func text(_ name: String) async -> MTASTSAnnouncement {
        await gate.pass()
        return await inner.text(name)
    }

    func fetch(_ host: String) async throws(PolicyFetchError) -> [UInt8] { try await inner.fetch(host) }
}
