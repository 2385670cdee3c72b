import Glibc
import MailModel
import NIOCore
import Storage
import Synchronization
import Testing

/// A power cut at every single call to the file system, of the server and of the start after it: what
/// was accepted for elsewhere is in the queue, with exactly the recipients that are not done with.
@Suite struct TransitCrashTests {
    private struct Knowledge {
        /// Accepted: the number of the body.
        var accepted: [QueueID: Int] = [:]
        /// Asked to be completed, and those that were.
        var asked: [QueueID: Set<Int>] = [:]
        var completed: [QueueID: Set<Int>] = [:]
        var held: [QueueID: Set<Int>] = [:]
        var announced: [QueueID] = []
    }

    /// A state directory as a machine finds it.
    private struct Found {
        var directory: TemporaryDirectory
        var image: [String: [UInt8]]
        /// The run was over before its power cut.
        var isWhole: Bool
    }

    private static let recipients = (0..<3).map { remote($0) }

    private static func adjust(_ configuration: inout StorageConfiguration) {
        configuration.segmentSize = 3000
        configuration.compactionThreshold = 0.7
        configuration.transitTime = .seconds(86_400)
    }

    /// - Parameter failing: so many calls fail, soon before the power cut.
    @Test(
        .timeLimit(.minutes(60)), arguments: FaultyFileSystem.Unsynced.allCases, 0...2)
    func everyRecipientIsInTheQueueUntilItIsSettled(
        unsynced: FaultyFileSystem.Unsynced, failing: Int
    ) async throws {
        var cutAt = 1
        while try await run(cutAt: cutAt, unsynced, failing: failing) { cutAt += 1 }
        #expect(cutAt > 40)
    }

    /// False when the run ended before its power cut.
    private func run(
        cutAt: Int, _ unsynced: FaultyFileSystem.Unsynced, failing: Int
    ) async throws -> Bool {
        let knowledge = Mutex(Knowledge())
        let empty = Found(directory: TemporaryDirectory(), image: [:], isWhole: true)
        var found = try await Self.start(empty, cutAt: cutAt, unsynced) { engine, disk in
            let (calls, first) = (Counter(), cutAt - disk.calls - failing - cutAt % 5)
            disk.fail { _, _ in (first..<first + failing).contains(calls.next()) ? EIO : nil }
            await use(engine, disk, knowledge)
        }
        if found.isWhole { return false }
        let announced = knowledge.withLock { $0.announced }
        #expect(Set(announced).count == announced.count)
        // The start after it is cut short as well, then two are not.
        for cut in [1 + cutAt % 9, .max, .max] {
            found = try await Self.start(found, cutAt: cut, unsynced) { engine, disk in
                guard cut == .max else { return }
                do {
                    try await check(engine, knowledge.withLock { $0 }, "cut at call \(cutAt)")
                } catch { Issue.record(error, "cut at call \(cutAt)") }
            }
        }
        return true
    }

    /// Opens what was found, in a directory of its own, and returns what is found there then.
    private static func start(
        _ found: Found, cutAt: Int, _ unsynced: FaultyFileSystem.Unsynced,
        _ body: (StorageEngine, FaultyFileSystem) async -> Void
    ) async throws -> Found {
        let (directory, after) = (found.directory, TemporaryDirectory())
        let disk = FaultyFileSystem(found.image, unsynced: unsynced, cutAt: cutAt) {
            for name in ["index.sqlite", "index.sqlite-wal"] {
                copyFile(directory.path + "/" + name, to: after.path + "/" + name)
            }
        }
        do {
            let engine = try StorageEngine.open(directory, disk, adjust)
            await body(engine, disk)
            await engine.close()
        } catch is FileSystemError {
            // Cut while opening.
            #expect(disk.isCut)
        }
        guard disk.isCut else { return Found(directory: directory, image: disk.image, isWhole: true) }
        let image = Dictionary(
            uniqueKeysWithValues: disk.image.map { path, bytes in
                (after.path + path.dropFirst(directory.path.count), bytes)
            })
        return Found(directory: after, image: image, isWhole: false)
    }

    private func use(
        _ engine: StorageEngine, _ disk: FaultyFileSystem, _ knowledge: borrowing Mutex<Knowledge>
    ) async {
        var pending = engine.pendingEntries.makeAsyncIterator()
        for round in 0..<4 {
            async let first = send(engine, round * 3)
            async let second = send(engine, round * 3 + 1)
            async let third = send(engine, round * 3 + 2)
            var ids: [QueueID] = []
            for (id, number) in [await first, await second, await third] {
                guard let id else { continue }
                knowledge.withLock { $0.accepted[id] = number }
                ids.append(id)
            }
            for _ in ids {
                guard let entry = await pending.next() else { break }
                knowledge.withLock { $0.announced.append(entry.id) }
            }
            guard ids.count == 3 else { continue }
            await complete(engine, disk, ids[0], [0], knowledge)
            // Now the index knows what is in transit, and the log goes on.
            if round != 1 { try? await engine.settle() }
            await complete(engine, disk, ids[0], [2], knowledge)
            await complete(engine, disk, ids[1], [1, 2], knowledge)
            if round > 0 { await hold(engine, disk, ids[2], 1, knowledge) }
            await complete(engine, disk, ids[1], [0], knowledge)
            await complete(engine, disk, ids[2], [0], knowledge)
            _ = try? await engine.accept(body(99), to: local(1))
        }
    }

    private func send(_ engine: StorageEngine, _ number: Int) async -> (QueueID?, Int) {
        do {
            let draft = try await engine.draft(body(number))
            try await engine.accept(draft, envelope: sender, recipients: Self.recipients)
            return (draft.id, number)
        } catch {
            return (nil, number)
        }
    }

    private func complete(
        _ engine: StorageEngine, _ disk: FaultyFileSystem, _ id: QueueID, _ numbers: [Int],
        _ knowledge: borrowing Mutex<Knowledge>
    ) async {
        knowledge.withLock { $0.asked[id, default: []].formUnion(numbers) }
        let results = try? await engine.update(id, numbers.map { .complete(number: $0) })
        // After the cut SQLite goes on here, on its real disk: that is of another world.
        guard results != nil, !disk.isCut else { return }
        knowledge.withLock { $0.completed[id, default: []].formUnion(numbers) }
    }

    private func hold(
        _ engine: StorageEngine, _ disk: FaultyFileSystem, _ id: QueueID, _ number: Int,
        _ knowledge: borrowing Mutex<Knowledge>
    ) async {
        let results = try? await engine.update(id, [.hold(number: number)])
        guard results != nil, !disk.isCut else { return }
        knowledge.withLock { _ = $0.held[id, default: []].insert(number) }
    }

    private func check(_ engine: StorageEngine, _ knowledge: Knowledge, _ comment: Comment)
        async throws
    {
        let entries = try await engine.entries(after: nil, limit: 1_000)
        #expect(Set(entries.map(\.id)).count == entries.count, comment)
        let found = Dictionary(uniqueKeysWithValues: entries.map { ($0.id, $0) })
        for (id, number) in knowledge.accepted {
            let left = Set(found[id]?.recipients.map(\.number) ?? [])
            let asked = knowledge.asked[id] ?? []
            #expect(left.isDisjoint(with: knowledge.completed[id] ?? []), "again; \(comment)")
            #expect(left.isSuperset(of: Set(0..<3).subtracting(asked)), "lost; \(comment)")
            guard let entry = found[id] else { continue }
            #expect(entry.recipients.map(\.number) == left.sorted(), comment)
            for recipient in entry.recipients {
                #expect(recipient.routed == Self.recipients[recipient.number], comment)
                if knowledge.held[id]?.contains(recipient.number) == true {
                    #expect(recipient.state == .hold, comment)
                }
            }
            #expect(try await engine.read(entry.message, 0..<500) == body(number), comment)
        }
        // It goes on working, and no id is used again.
        let next = try await engine.accept(body(99), to: remote(9))
        #expect(knowledge.accepted.keys.allSatisfy { $0 < next })
        #expect(try await engine.entry(next) != nil, comment)
    }
}

private final class Counter: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
