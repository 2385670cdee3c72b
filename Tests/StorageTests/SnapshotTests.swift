import Glibc
import MailModel
import NIOCore
import Synchronization
import Testing

@testable import Storage

/// Copies of a state directory that is in use.
@Suite struct SnapshotTests {
    /// What `martlet backup` and `martlet restore` do with a snapshot.
    static func copy(_ snapshot: StateSnapshot) throws -> TemporaryDirectory {
        let target = TemporaryDirectory()
        try SystemFileSystem().createDirectory(target.path + "/spool")
        for file in snapshot.files {
            let bytes = try SystemFileSystem().open(file.path, .existing)
                .readBuffer(at: 0, count: Int(file.size))
            #expect(bytes.readableBytes == Int(file.size), "\(file.name)")
            try SystemFileSystem().open(target.path + "/" + file.name, .create).write(bytes, at: 0)
        }
        return target
    }

    /// Mail that comes and stays, and mail that comes and goes.
    private final class Load: Sendable {
        /// What was accepted and stays: the number of its body.
        let kept = Mutex<[QueueID: Int]>([:])
        let isOver = Atomic(false)

        static func size(_ number: Int) -> Int { number % 5 == 0 ? 4_000 : 600 }

        func run(_ engine: StorageEngine, from first: Int) async throws {
            var number = first
            while !isOver.load(ordering: .relaxed) {
                let bytes = body(number, size: Self.size(number))
                let id = try await engine.accept(bytes, to: local(1))
                kept.withLock { $0[id] = number }
                let passing = try await engine.accept(bytes, to: remote(1))
                _ = try await engine.update(passing, [.complete(number: 0)])
                number += 8
            }
        }
    }

    @Test func whatWasAcceptedBeforeIsInIt() async throws {
        let directory = TemporaryDirectory()
        // Segments die and large messages go all the time.
        let engine = try StorageEngine.open(directory) {
            $0.segmentSize = 30_000
            $0.largeMessageThreshold = 3_000
        }
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 { group.addTask { try await load.run(engine, from: task) } }
            for _ in 0..<6 {
                let before = load.kept.withLock { $0.count }
                while load.kept.withLock({ $0.count }) < before + 50 {
                    try await Task.sleep(for: .milliseconds(5))
                }
                let promised = load.kept.withLock { $0 }
                let snapshot = try StateSnapshot(of: directory.path)
                #expect(snapshot.missing == [])
                let online = try StateCheck(snapshot).run()
                #expect(online.findings.filter { $0.severity != .note } == [])
                let target = try Self.copy(snapshot)
                snapshot.close()
                let report = try StateCheck(offline: target.path).run()
                #expect(report.findings.filter { $0.severity != .note } == [])
                #expect(report.unapplied == snapshot.unapplied)
                let restored = try StorageEngine.open(target)
                let inbox = try await restored.inbox(1)
                let found = Dictionary(grouping: inbox, by: \.message.id)
                for (id, number) in promised {
                    let messages = try #require(found[id], "\(id) is lost")
                    #expect(messages.count == 1)
                    #expect(
                        try await restored.contents(messages[0])
                            == body(number, size: Load.size(number)))
                }
                await restored.close()
                #expect(try StateCheck(offline: target.path).run().findings == [])
            }
            load.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    @Test func nothingGoesWhileASnapshotLives() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory) {
            $0.segmentSize = 10_000
            $0.largeMessageThreshold = 3_000
        }
        for number in 0..<60 { try await engine.accept(body(number), to: local(1)) }
        try await engine.accept(body(99, size: 5_000), to: local(1))
        let uids = try await engine.inbox(1).map(\.uid)
        let inbox = try await engine.openMailbox(account(1), name: "INBOX").id
        let snapshot = try StateSnapshot(of: directory.path)
        #expect(throws: StorageError.self) { try StateSnapshot(of: directory.path) }
        try await engine.expunge(uids, from: inbox, account: account(1))
        for number in 0..<60 { try await engine.accept(body(number), to: local(2)) }
        try await engine.settle()
        let target = try Self.copy(snapshot)
        let restored = try StorageEngine.open(target)
        #expect(try await restored.inbox(1).count == 61)
        await restored.close()
        // Removed a moment after the commit, by another thread.
        while !engine.core.draftMeans.files.keptNames.contains(where: { $0.text.hasSuffix(".big") }) {
            try await Task.sleep(for: .milliseconds(1))
        }
        snapshot.close()
        let kept = try directory.names(in: "spool")
        #expect(kept.contains { $0.hasSuffix(".big") })
        // The next that goes takes the others along.
        try await engine.accept(body(98, size: 5_000), to: local(3))
        let last = try await engine.inbox(3)
        try await engine.expunge(
            last.map(\.uid), from: try await engine.openMailbox(account(3), name: "INBOX").id,
            account: account(3))
        while try directory.names(in: "spool").contains(where: { $0.hasSuffix(".big") }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    @Test func aServerAndACheckExcludeEachOther() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        #expect(throws: StorageError.self) { try StateLock(directory.path) }
        await engine.close()
        let lock = try StateLock(directory.path)
        #expect(throws: StorageError.self) { try StorageEngine.open(directory) }
        withExtendedLifetime(lock) {}
    }

    @Test func furtherFilesAreTakenAlong() async throws {
        let directory = TemporaryDirectory()
        await (try StorageEngine.open(directory)).close()
        try SystemFileSystem().createDirectory(directory.path + "/import")
        try SystemFileSystem().open(directory.path + "/import/a.journal", .create)
            .write(ByteBuffer(string: "=a\n"), at: 0)
        let snapshot = try StateSnapshot(of: directory.path, with: ["scram.key", "import"])
        #expect(snapshot.files.map(\.name).contains("import/a.journal"))
        #expect(!snapshot.files.map(\.name).contains("scram.key"))
        snapshot.close()
    }
}
