@testable import Directory
import Testing

@Suite struct LookupCacheTests {
    private let long = CacheLifetimes(positive: .seconds(3600), negative: .seconds(3600))

    @Test func isBounded() async {
        let cache = LookupCache<Int, Int>(
            CacheLifetimes(positive: .seconds(3600), negative: .seconds(3600), capacity: 10))
        for key in 0..<100 {
            _ = await cache.value(for: key) { .positive(key) }
            // What is used stays.
            #expect(cache.fresh(0) == 0)
        }
        #expect((0..<100).count { cache.last($0) != nil } <= 10)
    }

    @Test func unavailableIsNotKept() async {
        let cache = LookupCache<Int, String>(long)
        #expect(await cache.value(for: 1) { .unavailable("down") } == "down")
        #expect(cache.fresh(1) == nil)
        #expect(await cache.value(for: 1) { .positive("up") } == "up")
        #expect(cache.fresh(1) == "up")
    }

    @Test func staleStandsInForPositiveOnly() async {
        let cache = LookupCache<Int, String>(
            CacheLifetimes(positive: .zero, negative: .zero, stale: .seconds(3600)))
        _ = await cache.value(for: 1) { .positive("yes") }
        _ = await cache.value(for: 2) { .negative("no") }
        #expect(await cache.value(for: 1) { .unavailable("down") } == "yes")
        #expect(await cache.value(for: 2) { .unavailable("down") } == "down")
    }

    /// A look-up that began before an invalidation must not be joined or kept as fresh after it.
    @Test func invalidationOutrunsAFlight() async {
        let cache = LookupCache<Int, String>(long)
        let (begun, start) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let old = Task {
            await cache.value(for: 1) {
                start.finish()
                for await _ in released {}
                return .positive("old")
            }
        }
        for await _ in begun {}
        cache.invalidate()
        #expect(await cache.value(for: 1) { .positive("new") } == "new")
        release.finish()
        #expect(await old.value == "old")
        #expect(cache.fresh(1) == "new")
    }
}
