import Directory
import MailModel
import TestSupport
import Testing

@Suite struct CachingTests {
    /// What is known stays known, however long the test takes.
    private static let long = CacheLifetimes(positive: .seconds(3600), negative: .seconds(3600))

    @Test func identicalLookUpsAreMadeOnce() async throws {
        let sample = try SampleDirectory(cache: Self.long)
        // The connection is up and the domain known after this.
        _ = await sample.directory.resolve(address("carol@example.org"))
        let before = try sample.slapd.operationCount("Search")
        await withTaskGroup(of: String.self) { group in
            for _ in 0..<200 {
                group.addTask { await sample.directory.resolve(address("bob@example.org")).summary }
            }
            for await summary in group { #expect(summary == "bob@example.org") }
        }
        #expect(try sample.slapd.operationCount("Search") - before == 1)
        await sample.directory.shutDown()
    }

    @Test func answersAreKept() async throws {
        let sample = try SampleDirectory(cache: Self.long)
        let texts = ["bob@example.org", "BOB@example.org", "nobody@example.org", "x@far.example"]
        for text in texts { _ = await sample.directory.resolve(address(text)) }
        let before = try sample.slapd.operationCount("Search")
        for _ in 0..<100 {
            for text in texts { _ = await sample.directory.resolve(address(text)) }
        }
        #expect(try sample.slapd.operationCount("Search") - before == 0)
        await sample.directory.shutDown()
    }

    @Test func changesCountAfterInvalidation() async throws {
        let sample = try SampleDirectory(cache: Self.long)
        let alice = address("alice@example.org")
        #expect(await sample.directory.resolve(alice).summary == "alice@example.org")
        try sample.slapd.modify(
            """
            dn: \(ResolutionTests.alice)
            changetype: modify
            replace: martletStatus
            martletStatus: disabled
            """)
        #expect(await sample.directory.resolve(alice).summary == "alice@example.org")
        sample.directory.invalidate()
        #expect(await sample.directory.resolve(alice).summary == "550 5.2.1")
        await sample.directory.shutDown()
    }

    @Test func anAddressCostsOneSearch() async throws {
        let sample = try SampleDirectory(cache: Self.long)
        _ = await sample.directory.resolve(address("carol@example.org"))
        for (text, cost) in [
            ("alice@example.org", 1), ("alice+x@example.org", 1), ("nobody@example.org", 2),
            ("team@example.org", 2),
        ] {
            let before = try sample.slapd.operationCount("Search")
            _ = await sample.directory.resolve(address(text))
            #expect(try sample.slapd.operationCount("Search") - before == cost, "\(text)")
        }
        await sample.directory.shutDown()
    }
}
