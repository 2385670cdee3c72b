import MailModel
import Storage
import Testing

@testable import MailServer

struct MemoryUpkeepTests {
    /// The code that is dropped is in use all the time.
    @Test func workGoesOnBesideIt() async throws {
        let queue = try SampleQueue()
        let work = Task {
            var ids: [QueueID] = []
            for _ in 0..<100 { ids.append(try await queue.add(to: "x@one.example")) }
            return ids
        }
        let upkeep = MemoryUpkeep(storage: queue.engine)
        for _ in 0..<50 { await upkeep.giveBack() }
        let ids = try await work.value
        await upkeep.giveBack()
        for id in ids { #expect(try await queue.engine.entry(id)?.recipients.map(\.state) == [.active]) }
        await queue.engine.close()
        // There is nothing left to release.
        await upkeep.giveBack()
    }
}
