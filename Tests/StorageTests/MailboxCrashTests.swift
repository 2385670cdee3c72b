import MailModel
import NIOCore
import Storage
import Synchronization
import Testing

/// A power cut at every single call to the file system while a user works with mailboxes: what was
/// answered is there afterwards, and what was not is there wholly or not at all.
@Suite struct MailboxCrashTests {
    private struct Snapshot: Equatable {
        struct Message: Equatable {
            var uid: UInt32
            var id: QueueID
            var flags: StoredFlags
            var modSequence: UInt64
            var size: Int
        }

        var mailboxes: [MailboxStatus] = []
        var messages: [Int64: [Message]] = [:]
    }

    /// What a run's user knows: states in their order, and how many were reached before the cut.
    private struct Knowledge {
        var states = [Snapshot()]
        var certain = 0
        var bodies: [QueueID: ByteBuffer] = [:]
    }

    /// Small segments and large messages, so that a short run meets everything.
    private static func adjust(_ configuration: inout StorageConfiguration) {
        configuration.segmentSize = 3000
        configuration.largeMessageThreshold = 2000
        configuration.compactionThreshold = 0.7
    }

    @Test(.timeLimit(.minutes(60)), arguments: FaultyFileSystem.Unsynced.allCases)
    func changesAreThereWhollyOrNotAtAll(unsynced: FaultyFileSystem.Unsynced) async throws {
        var cutAt = 1
        while try await run(cutAt: cutAt, unsynced) { cutAt += 1 }
        #expect(cutAt > 40)
    }

    /// False when the run ended before its power cut.
    private func run(cutAt: Int, _ unsynced: FaultyFileSystem.Unsynced) async throws -> Bool {
        let directory = TemporaryDirectory()
        let after = TemporaryDirectory()
        let disk = FaultyFileSystem(unsynced: unsynced, cutAt: cutAt) {
            for name in ["index.sqlite", "index.sqlite-wal"] {
                copyFile(directory.path + "/" + name, to: after.path + "/" + name)
            }
        }
        var knowledge = Knowledge()
        do {
            let engine = try StorageEngine.open(directory, disk, Self.adjust)
            try await work(engine, disk, &knowledge)
            await engine.close()
        } catch is FileSystemError {
            // Cut while opening.
        }
        guard disk.isCut else { return false }

        var image = Dictionary(
            uniqueKeysWithValues: disk.image.map { path, bytes in
                (after.path + path.dropFirst(directory.path.count), bytes)
            })
        for _ in 0..<2 {
            let found = FaultyFileSystem(image)
            let engine = try StorageEngine.open(after, found, Self.adjust)
            try await check(engine, found, knowledge, "cut at call \(cutAt)")
            await engine.close()
            try await IndexAudit.check(after)
            image = found.image
        }
        return true
    }

    private func work(
        _ engine: StorageEngine, _ disk: FaultyFileSystem, _ knowledge: inout Knowledge
    ) async throws {
        let user = account(1)
        func step(_ change: () async throws -> Void) async throws {
            do { try await change() } catch { #expect(disk.isCut) }
            let wasCut = disk.isCut
            let state = try await snapshot(engine)
            if state != knowledge.states.last { knowledge.states.append(state) }
            if !wasCut { knowledge.certain = knowledge.states.count - 1 }
        }
        func append(_ number: Int, _ sizes: [Int], to mailbox: Int64) async throws {
            var messages: [AppendedMessage] = []
            for (index, size) in sizes.enumerated() {
                let bytes = body(number * 10 + index, size: size)
                let draft = try await engine.draft(bytes)
                knowledge.bodies[draft.id] = bytes
                messages.append(
                    AppendedMessage(
                        draft: draft, flags: [.seen], keywords: ["k\(number)"],
                        internalDate: Timestamp(milliseconds: 1)))
            }
            _ = try await engine.append(
                messages, to: mailbox, account: user, quota: .unlimited, replacing: nil)
        }
        try await step {
            _ = try await engine.createMailboxes([NewMailbox(name: "Work")], of: user)
        }
        guard let inbox = try await engine.mailbox(named: "INBOX", of: user)?.id,
            let other = try await engine.mailbox(named: "Work", of: user)?.id
        else { return }
        for round in 0..<3 where !disk.isCut {
            try await step { try await append(round * 2, [700, 2500, 900], to: inbox) }
            try await step { try await append(round * 2 + 1, [800], to: other) }
            let uids = try await engine.contents(of: inbox)?.uids ?? []
            try await step {
                _ = try await engine.store(
                    FlagChange(operation: .add, system: .deleted, keywords: ["later"]),
                    uids: uids, in: inbox, account: user)
            }
            try await step {
                _ = try await engine.copy(
                    uids.suffix(2), from: inbox, to: other, account: user, quota: .unlimited)
            }
            try await step {
                _ = try await engine.move(
                    uids.suffix(2), from: (inbox, user), to: (other, user), quota: .unlimited)
            }
            let others = try await engine.contents(of: other)?.uids ?? []
            try await step {
                try await engine.expunge(
                    others.dropLast(1), onlyDeleted: false, from: other, account: user)
            }
        }
        try await step { try await engine.deleteMailbox(other, of: user) }
    }

    private func snapshot(_ engine: StorageEngine) async throws -> Snapshot {
        var snapshot = Snapshot()
        for status in try await engine.mailboxes(of: account(1)) {
            snapshot.mailboxes.append(status)
            snapshot.messages[status.id] = try await engine.messages(in: status.id).map {
                Snapshot.Message(
                    uid: $0.uid, id: $0.message.id, flags: $0.flags, modSequence: $0.modSequence,
                    size: $0.size)
            }
        }
        return snapshot
    }

    private func check(
        _ engine: StorageEngine, _ disk: FaultyFileSystem, _ knowledge: Knowledge,
        _ comment: Comment
    ) async throws {
        var found = try await snapshot(engine)
        // Looking makes INBOX.
        if knowledge.certain == 0, found.messages.values.allSatisfy(\.isEmpty) { found = Snapshot() }
        let possible = knowledge.states[knowledge.certain...].prefix(2)
        #expect(possible.contains(found) || found == Snapshot() && knowledge.certain == 0, comment)

        var files: Set<String> = []
        for (mailbox, messages) in found.messages {
            for message in try await engine.messages(in: mailbox) {
                #expect(
                    try await engine.contents(message) == knowledge.bodies[message.message.id],
                    comment)
            }
            for message in messages where message.size > 2000 {
                let digits = String(message.id.rawValue, radix: 16)
                files.insert(String(repeating: "0", count: 16 - digits.count) + digits + ".big")
            }
        }
        let kept = disk.files.keys.filter { $0.hasSuffix(".big") }.map { String($0.suffix(20)) }
        #expect(Set(kept) == files, comment)
    }
}
