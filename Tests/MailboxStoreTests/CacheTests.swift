import Glibc
import InternetMessage
import Logging
import MailModel
import NIOCore
import Storage
import Synchronization
import TestSupport
import Testing

@testable import MailboxStore

@Suite struct CacheTests {
    private let directory: TemporaryDirectory
    private let fixture: Fixture
    /// Messages that were described, by all caches.
    private let described = Counter()

    private final class Counter: Sendable {
        private let count = Mutex(0)
        func add() { count.withLock { $0 += 1 } }
        var value: Int { count.withLock { $0 } }
    }

    init() throws {
        directory = try TemporaryDirectory()
        fixture = try Fixture()
    }

    private var path: String { directory.path + "/cache.sqlite" }

    private func open() -> MessageCache {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return MessageCache(directory: directory.path, storage: fixture.engine, logger: logger) {
            [described] message, preview in
            described.add()
            let subject = message.parts[0].envelope?.subject ?? []
            return MessageFacts(
                envelope: subject, body: [], bodyStructure: [], preview: preview, parts: message.tree)
        }
    }

    private func store(_ texts: [String]) async throws -> [MessageReference] {
        let inbox = try await fixture.mailbox("INBOX")
        for text in texts { try await fixture.append(1, to: inbox.id, text: text) }
        return try await fixture.engine.messages(
            UIDSet([1...UInt32.max]), in: inbox.id, limit: 100_000
        ).map(\.message)
    }

    private func subjects(_ facts: [MessageFacts?]) -> [String?] {
        facts.map { $0.map { String(decoding: $0.envelope, as: UTF8.self) } }
    }

    @Test func computesOnce() async throws {
        let messages = try await store(["Subject: a\n\none", "Subject: b\n\ntwo"])
        let cache = open()
        #expect(subjects(await cache.factsAtHand(of: messages)) == [nil, nil])
        let facts = await cache.facts(of: messages)
        #expect(subjects(facts) == ["a", "b"])
        #expect(facts.map { $0?.preview.map { String(decoding: $0, as: UTF8.self) } } == ["one", "two"])
        #expect(await cache.keys(of: messages).map { $0?.values.baseSubject } == [[0x41], [0x42]])
        #expect(described.value == 2)
        await cache.close()

        let again = open()
        #expect(await again.facts(of: messages.reversed()) == facts.reversed())
        #expect(await again.keys(of: messages).map { $0?.values.baseSubject } == [[0x41], [0x42]])
        #expect(described.value == 2)
        await again.close()
    }

    @Test func forgetsWhatIsGone() async throws {
        let messages = try await store(["Subject: a\n\n"])
        let cache = open()
        _ = await cache.facts(of: messages)
        cache.removed(messages.map(\.id))
        await cache.close()
        let again = open()
        #expect(subjects(await again.factsAtHand(of: messages)) == [nil])
        let gone = MessageReference(id: QueueID(rawValue: 1 << 40), size: 5)
        #expect(subjects(await again.facts(of: [gone] + messages)) == [nil, "a"])
        #expect(await again.keys(of: [gone]) == [nil])
        await again.close()
    }

    @Test(arguments: ["garbage", "", String(repeating: "x", count: 100_000)])
    func aCorruptFileIsMadeAnew(_ content: String) async throws {
        try write(content, at: 0, truncating: true)
        try await worksAndKeeps()
    }

    @Test func anotherVersionIsMadeAnew() async throws {
        let messages = try await store(["Subject: a\n\n"])
        let cache = open()
        _ = await cache.facts(of: messages)
        await cache.close()
        // The database header's user_version.
        try write("\u{0}\u{1}\u{2}\u{3}", at: 60, truncating: false)
        let again = open()
        #expect(subjects(await again.factsAtHand(of: messages)) == [nil])
        await again.close()
    }

    @Test func corruptionMeanwhileIsNoError() async throws {
        let messages = try await store((0..<50).map { "Subject: \($0)\n\n" })
        let first = open()
        _ = await first.facts(of: messages)
        await first.close()
        let cache = open()
        try write(String(repeating: "x", count: 60_000), at: 4096, truncating: false)
        #expect(subjects(await cache.facts(of: messages)) == (0..<50).map { "\($0)" })
        await cache.close()
        try await worksAndKeeps()
    }

    @Test func worksWithoutAFile() async throws {
        let messages = try await store(["Subject: a\n\n"])
        let cache = MessageCache(
            directory: directory.path + "/missing", storage: fixture.engine,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { message, preview in
            MessageFacts(
                envelope: [1], body: [], bodyStructure: [], preview: preview, parts: message.tree)
        }
        #expect(await cache.facts(of: messages).map { $0.map { Array($0.envelope) } } == [[1]])
        await cache.close()
    }

    @Test func readsLargeMessagesInPieces() async throws {
        let lines = String(repeating: String(repeating: "y", count: 70) + "\n", count: 20_000)
        let text =
            "Subject: big\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\n\(lines)\n--b\n\nhello\n--b--\n"
        let messages = try await store([text])
        let cache = open()
        let facts = try #require(await cache.facts(of: messages)[0])
        #expect(facts.section([1])?.body.count == lines.utf8.count)
        #expect(facts.preview.map { String(decoding: $0, as: UTF8.self) } == "hello")
        await cache.close()
    }

    @Test func memoryIsBounded() {
        var recent = RecentlyUsed<MessageKeys>(limit: 100_000)
        let keys = MessageKeys(.init(baseSubject: [UInt8](repeating: 1, count: 500)))
        for id in 1...10_000 {
            recent[QueueID(rawValue: UInt64(id))] = keys
            #expect(recent[QueueID(rawValue: 1)] != nil)
        }
        #expect(recent[QueueID(rawValue: 2)] == nil)
        let kept = (1...10_000).count { recent[QueueID(rawValue: UInt64($0))] != nil }
        #expect(kept < 200)
        recent[QueueID(rawValue: 1)] = nil
        #expect(recent[QueueID(rawValue: 1)] == nil)
    }

    private func worksAndKeeps() async throws {
        let messages = try await store(["Subject: kept\n\n"])
        let cache = open()
        #expect(subjects(await cache.facts(of: messages)).last == "kept")
        await cache.close()
        let again = open()
        #expect(subjects(await again.factsAtHand(of: messages)).last == "kept")
        await again.close()
    }

    private func write(_ text: String, at offset: Int, truncating: Bool) throws {
        let file = try #require(fopen(path, truncating ? "w" : "r+"))
        defer { fclose(file) }
        fseek(file, offset, SEEK_SET)
        _ = text.withCString { fwrite($0, 1, text.utf8.count, file) }
    }
}
