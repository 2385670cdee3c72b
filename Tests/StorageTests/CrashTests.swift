import Glibc
import MailModel
import NIOCore
import Storage
import Synchronization
import Testing

/// A power cut at every single call to the file system: what was accepted is in its mailbox, once.
@Suite struct CrashTests {
    /// What the clients of a run know.
    private struct Knowledge {
        /// Accepted, and for whom.
        var accepted: [QueueID: (number: Int, user: UInt64)] = [:]
        /// Removed by its user, who knows.
        var expunged: Set<QueueID> = []
        /// Asked to be removed.
        var perhapsExpunged: Set<QueueID> = []
    }

    /// Small segments and large messages, so that a short run meets everything.
    private static func adjust(_ configuration: inout StorageConfiguration) {
        configuration.segmentSize = 3000
        configuration.largeMessageThreshold = 2000
        configuration.compactionThreshold = 0.7
    }

    @Test(.timeLimit(.minutes(60)), arguments: FaultyFileSystem.Unsynced.allCases)
    func everyAcceptedMessageIsInItsMailboxOnce(unsynced: FaultyFileSystem.Unsynced) async throws {
        var cutAt = 1
        while try await run(cutAt: cutAt, unsynced) { cutAt += 1 }
        // Every call of the run has been the last once.
        #expect(cutAt > 40)
    }

    /// False when the run ended before its power cut.
    private func run(cutAt: Int, _ unsynced: FaultyFileSystem.Unsynced) async throws -> Bool {
        let directory = TemporaryDirectory()
        let after = TemporaryDirectory()
        let disk = FaultyFileSystem(unsynced: unsynced, cutAt: cutAt) {
            // The index as the machine finds it: SQLite's own files are on a real disk.
            for name in ["index.sqlite", "index.sqlite-wal"] {
                copyFile(directory.path + "/" + name, to: after.path + "/" + name)
            }
        }
        let knowledge = Mutex(Knowledge())
        do {
            let engine = try StorageEngine.open(directory, disk, Self.adjust)
            await use(engine, disk, knowledge)
            await engine.close()
        } catch is FileSystemError {
            // Cut while opening.
        }
        guard disk.isCut else { return false }

        // Twice: recovery must not do anything twice either.
        var image = Dictionary(
            uniqueKeysWithValues: disk.image.map { path, bytes in
                (after.path + path.dropFirst(directory.path.count), bytes)
            })
        for _ in 0..<2 {
            let found = FaultyFileSystem(image)
            let engine = try StorageEngine.open(after, found, Self.adjust)
            try await check(engine, knowledge.withLock { $0 }, "cut at call \(cutAt)")
            await engine.close()
            image = found.image
        }
        return true
    }

    private func use(
        _ engine: StorageEngine, _ disk: FaultyFileSystem, _ knowledge: borrowing Mutex<Knowledge>
    ) async {
        for round in 0..<4 {
            // Three at once, one of them large, so that batches are met half way.
            async let first = send(engine, round * 3)
            async let second = send(engine, round * 3 + 1)
            async let third = send(engine, round * 3 + 2, size: 2500)
            for (id, number) in [await first, await second, await third] {
                guard let id else { continue }
                knowledge.withLock { $0.accepted[id] = (number, UInt64(number % 2)) }
            }
            await remove(engine, disk, UInt64(round % 2), knowledge)
        }
    }

    private func send(_ engine: StorageEngine, _ number: Int, size: Int = 700) async
        -> (QueueID?, Int)
    {
        do {
            let id = try await engine.accept(
                body(number, size: size), to: local(UInt64(number % 2)))
            return (id, number)
        } catch {
            return (nil, number)
        }
    }

    /// A POP3 session that deletes all but the newest.
    private func remove(
        _ engine: StorageEngine, _ disk: FaultyFileSystem, _ user: UInt64,
        _ knowledge: borrowing Mutex<Knowledge>
    ) async {
        guard let messages = try? await engine.inbox(user).dropLast() else { return }
        let ids = messages.map(\.message.id)
        knowledge.withLock { $0.perhapsExpunged.formUnion(ids) }
        do {
            let mailbox = try await engine.openMailbox(account(user), name: "INBOX")
            try await engine.expunge(
                messages.map(\.uid), from: mailbox.id, account: account(user))
            // After the cut SQLite goes on here, on its real disk: that is of another world.
            if !disk.isCut { knowledge.withLock { $0.expunged.formUnion(ids) } }
        } catch {
            #expect(disk.isCut)
        }
    }

    private func check(_ engine: StorageEngine, _ knowledge: Knowledge, _ comment: Comment)
        async throws
    {
        var found: Set<QueueID> = []
        for user: UInt64 in [0, 1] {
            let messages = try await engine.inbox(user)
            let uids = messages.map(\.uid)
            #expect(uids == Set(uids).sorted(), comment)
            for message in messages {
                #expect(found.insert(message.message.id).inserted, "twice; \(comment)")
                guard let (number, owner) = knowledge.accepted[message.message.id] else { continue }
                #expect(owner == user, comment)
                let expected = body(number, size: number % 3 == 2 ? 2500 : 700)
                #expect(try await engine.contents(message) == expected, comment)
            }
        }
        #expect(found.isDisjoint(with: knowledge.expunged), "resurrected; \(comment)")
        let due = Set(knowledge.accepted.keys).subtracting(knowledge.expunged)
            .subtracting(knowledge.perhapsExpunged)
        #expect(found.isSuperset(of: due), "lost; \(comment)")
        // It goes on working, and no id is used again.
        let next = try await engine.accept(body(99), to: local(9))
        #expect(knowledge.accepted.keys.allSatisfy { $0 < next })
    }
}

func copyFile(_ source: String, to target: String) {
    let from = open(source, O_RDONLY)
    guard from >= 0 else { return }
    let to = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(from, &buffer, buffer.count)
        guard count > 0, write(to, buffer, count) == count else { break }
    }
    close(from)
    close(to)
}
