import MailModel
import NIOCore
import Testing

@testable import Storage

@Suite struct QueueTests {
    private let failure = MailError(451, .init(4, 4, 1), "No answer", cause: "192.0.2.1: timed out")

    @Test func whatIsNotSettledAtOnceIsAnnounced() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        var pending = engine.pendingEntries.makeAsyncIterator()
        try await engine.accept(body(1), to: local(1))
        let id = try await engine.accept(
            body(2), to: local(1), remote(1), recipient("x@example.org", .unresolved),
            local(2, quota: Quota(bytes: 10, messages: nil)), local(3, notify: [.success]))
        let entry = try #require(await pending.next())
        #expect(entry.id == id)
        #expect(entry.recipients.map(\.number) == [1, 2, 3, 4])
        #expect(entry.recipients.map(\.state) == [.active, .active, .active, .delivered])
        #expect(entry.recipients[2].lastError?.code == 452)
        #expect(try await engine.inbox(2).isEmpty)
        #expect(try await engine.inbox(3).count == 1)
        let stored = try #require(try await engine.entry(id))
        #expect(stored.recipients.map(\.routed) == entry.recipients.map(\.routed))
        #expect(stored.envelope == entry.envelope)
        #expect(try await engine.read(entry.message, 0..<500) == body(2))
        await engine.close()
        #expect(await pending.next() == nil)

        // After a restart: what is in the queue, then what comes new.
        engine = try StorageEngine.open(directory)
        var again = engine.pendingEntries.makeAsyncIterator()
        #expect(await again.next()?.id == id)
        let next = try await engine.accept(body(3), to: remote(2))
        #expect(await again.next()?.id == next)
        await engine.close()
    }

    /// FUTURERELEASE (RFC 4865): mailboxes here wait as other hosts do.
    @Test func nobodyGetsAMessageBeforeItsRelease() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        var pending = engine.pendingEntries.makeAsyncIterator()
        var envelope = sender
        let release = Timestamp.now + .seconds(3600)
        envelope.releaseAt = release
        let id = try await engine.accept(body(1), envelope, to: local(1), remote(1))
        let entry = try #require(await pending.next())
        #expect(entry.recipients.map(\.nextAttempt) == [release, release])
        #expect(entry.recipients.map(\.state) == [.active, .active])
        #expect(try await engine.inbox(1).isEmpty)
        let results = try await engine.update(
            id, [.deliverLocally(number: 0, account: account(1), quota: .unlimited)])
        #expect(results.count == 1)
        #expect(try await engine.inbox(1).count == 1)

        // In the past it holds nothing.
        envelope.releaseAt = Timestamp(milliseconds: 1)
        try await engine.accept(body(2), envelope, to: local(1))
        try await engine.accept(body(3), to: remote(1))
        _ = await pending.next()
        #expect(try await engine.inbox(1).count == 2)
        await engine.close()
    }

    /// More than the pages and buffers of the announcement hold.
    @Test func aLongQueueIsAnnouncedWhole() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let ids = try await fill(engine, 1500)
        var pending = engine.pendingEntries.makeAsyncIterator()
        var seen: Set<QueueID> = []
        while seen.count < ids.count, let entry = await pending.next() { seen.insert(entry.id) }
        #expect(seen == ids)
        await engine.close()
        engine = try StorageEngine.open(directory)
        let more = try await fill(engine, 10)
        var all: [QueueID] = []
        var restarted = engine.pendingEntries.makeAsyncIterator()
        while all.count < 1510, let entry = await restarted.next() { all.append(entry.id) }
        #expect(Set(all) == ids.union(more))
        #expect(all.count == 1510)
        await engine.close()
    }

    private func fill(_ engine: StorageEngine, _ count: Int) async throws -> Set<QueueID> {
        try await withThrowingTaskGroup(of: QueueID.self) { group in
            for number in 0..<count {
                group.addTask {
                    try await engine.accept(body(number, size: 50), to: remote(number))
                }
            }
            return try await group.reduce(into: []) { $0.insert($1) }
        }
    }

    @Test func aWaitingConsumerEndsWhenCancelled() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let consumer = Task { for await _ in engine.pendingEntries {} }
        try await engine.settle()
        consumer.cancel()
        await consumer.value
        await engine.close()
    }

    @Test func updatesAreRecorded() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let id = try await engine.accept(body(1), to: remote(0), remote(1), remote(2), remote(3))
        let later = Timestamp(milliseconds: 9_000_000_000_000)
        let results = try await engine.update(
            id,
            [
                .complete(number: 0),
                .postpone(number: 1, until: later, failure, delayReported: true),
                .fail(number: 2, failure), .hold(number: 3), .complete(number: 7),
            ])
        #expect(results.map(\.name) == ["recorded", "recorded", "recorded", "recorded", "gone"])
        await engine.close()
        engine = try StorageEngine.open(directory)
        var entry = try #require(try await engine.entry(id))
        #expect(entry.recipients.map(\.number) == [1, 2, 3])
        #expect(entry.recipients.map(\.state) == [.deferred, .failed, .hold])
        #expect(entry.recipients.map(\.attempts) == [1, 1, 0])
        #expect(entry.recipients[0].nextAttempt == later)
        #expect(entry.recipients[0].delayReported)
        #expect(entry.recipients[0].lastError?.description == failure.description)

        let others = [remote(8), recipient("y@example.org", .unresolved)]
        _ = try await engine.update(id, [.replace(number: 1, with: others), .release(number: 3)])
        entry = try #require(try await engine.entry(id))
        #expect(entry.recipients.map(\.number) == [2, 3, 4, 5])
        #expect(entry.recipients.map(\.state) == [.failed, .active, .active, .active])
        #expect(entry.recipients.suffix(2).map(\.routed) == others)

        _ = try await engine.update(id, (2...5).map { .complete(number: $0) })
        #expect(try await engine.entry(id) == nil)
        #expect(try await engine.update(id, [.complete(number: 2)]).map(\.name) == ["gone"])
        await #expect(throws: MailError.self) {
            try await engine.read(entry.message, 0..<10)
        }
        await engine.close()
    }

    @Test func deliveryFromTheQueueHappensOnce() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let id = try await engine.accept(
            body(1), to: recipient("a@example.org", .unresolved),
            recipient("b@example.org", .unresolved, [.success]))
        let small = Quota(bytes: nil, messages: 0)
        let deliver: (Int, Quota) -> RecipientUpdate = {
            .deliverLocally(number: $0, account: account(UInt64($0 + 1)), quota: $1)
        }
        #expect(try await engine.update(id, [deliver(0, small)]).map(\.name) == ["overQuota"])
        #expect(try await engine.entry(id)?.recipients.count == 2)
        let results = try await engine.update(
            id,
            [
                deliver(0, .unlimited), deliver(1, .unlimited), deliver(0, .unlimited),
                deliver(1, .unlimited),
            ])
        #expect(results.map(\.name) == ["recorded", "recorded", "gone", "gone"])
        #expect(try await engine.entry(id)?.recipients.map(\.state) == [.delivered])
        #expect(try await engine.inbox(1).map(\.uid) == [1])
        _ = try await engine.update(id, [.complete(number: 1)])
        #expect(try await engine.entries(after: nil, limit: 9).isEmpty)
        let messages = try await engine.inbox(2)
        #expect(messages.map(\.uid) == [1])
        #expect(try await engine.contents(messages[0]) == body(1))
        await engine.close()
    }

    /// Whatever led to it, when, and whether it still has it.
    @Test func aMailboxGetsOneCopy() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let unresolved = recipient("list@example.org", .unresolved, [.success])
        let id = try await engine.accept(
            body(1), to: local(1), local(1, notify: [.success]), unresolved, remote(0),
            local(2, quota: Quota(bytes: nil, messages: 0)))
        try await engine.settle()
        #expect(try await engine.inbox(1).count == 1)
        #expect(
            try await engine.entry(id)?.recipients.map(\.state) == [.delivered, .active, .active, .active])
        #expect(try await engine.entry(id)?.recipients.map(\.number) == [1, 2, 3, 4])
        let inbox = try await engine.openMailbox(account(1), name: "INBOX").id
        try await engine.expunge([1], from: inbox, account: account(1))
        #expect(try await engine.inbox(1).isEmpty)
        await engine.close()

        engine = try StorageEngine.open(directory)
        _ = try await engine.update(id, [.replace(number: 2, with: [local(1), local(2), local(3)])])
        func deliver(_ number: Int, _ name: UInt64) -> RecipientUpdate {
            .deliverLocally(number: number, account: account(name), quota: .unlimited)
        }
        let results = try await engine.update(
            id, [deliver(5, 1), deliver(6, 2), deliver(7, 3), deliver(4, 2)])
        #expect(results.map(\.name) == ["recorded", "recorded", "recorded", "recorded"])
        #expect(try await engine.inbox(1).isEmpty)
        #expect(try await engine.inbox(2).count == 1)
        #expect(try await engine.inbox(3).count == 1)
        #expect(try await engine.entry(id)?.recipients.map(\.number) == [1, 3])
        // Only of this message.
        try await engine.accept(body(2), to: local(1), local(2))
        #expect(try await engine.inbox(1).count == 1)
        #expect(try await engine.inbox(2).count == 2)
        await engine.close()
        try await IndexAudit.check(directory)
    }

    /// At another host as well, whether that has it already or not; not whose success is to be told.
    @Test(arguments: [true, false]) func anAddressElsewhereGetsOneCopy(_ isFirst: Bool) async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let list = recipient("list@example.org", .unresolved, [.success])
        let id = try await engine.accept(body(1), to: remote(1), list, remote(2), remote(3))
        try await engine.settle()
        if isFirst {
            #expect(try await engine.update(id, [.relayed(number: 0)]).map(\.name) == ["recorded"])
            // It failed: nobody there has a copy.
            #expect(try await engine.update(id, [.complete(number: 3)]).map(\.name) == ["recorded"])
        }
        await engine.close()
        engine = try StorageEngine.open(directory)
        let folded = recipient("user1@EXAMPLE.net", .remote(.foreign))
        let told = recipient("user1@example.net", .remote(.foreign), [.success])
        let other = recipient("USER1@example.net", .remote(.foreign))
        _ = try await engine.update(
            id, [.replace(number: 1, with: [remote(1), folded, told, remote(2), remote(3), remote(4), remote(4), other])])
        let entry = try #require(try await engine.entry(id))
        #expect(
            entry.recipients.map(\.routed)
                == (isFirst ? [remote(2), told, remote(3), remote(4), other] : [remote(1), remote(2), remote(3), told, remote(4), other]))
        // A list of those who have it: nobody is left.
        let last = entry.recipients.map(\.number)
        _ = try await engine.update(id, last.dropFirst().map { .relayed(number: $0) })
        _ = try await engine.update(id, [.replace(number: last[0], with: [remote(4)])])
        #expect(try await engine.entry(id) == nil)
        #expect(try await engine.entries(after: nil, limit: 9).isEmpty)
        await engine.close()
        try await IndexAudit.check(directory)
    }

    @Test func entriesComeInPages() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        var ids: [QueueID] = []
        for number in 0..<5 {
            ids.append(try await engine.accept(body(number), to: remote(number)))
        }
        try await engine.settle()
        #expect(try await engine.entries(after: nil, limit: 2).map(\.id) == Array(ids[0..<2]))
        #expect(try await engine.entries(after: ids[1], limit: 9).map(\.id) == Array(ids[2...]))
        #expect(try await engine.entries(after: ids[4], limit: 9).isEmpty)
        await engine.close()
    }
}

extension RecipientResult {
    fileprivate var name: String { "\(self)" }
}
