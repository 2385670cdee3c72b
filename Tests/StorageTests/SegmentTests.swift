import MailModel
import NIOCore
import Testing

@testable import Storage

/// Segments and files of their own come and go; the bytes stay the same.
@Suite struct SegmentTests {
    private static func adjust(_ configuration: inout StorageConfiguration) {
        configuration.segmentSize = 20_000
        configuration.largeMessageThreshold = 4000
    }

    private func removeAll(_ engine: StorageEngine, where isRemoved: (UInt32) -> Bool) async throws
    {
        let mailbox = try await engine.openMailbox(account(1), name: "INBOX").id
        let uids = try await engine.inbox(1).map(\.uid).filter(isRemoved)
        try await engine.expunge(uids, from: mailbox, account: account(1))
    }

    @Test func deadSegmentsAreRemoved() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory, adjust: Self.adjust)
        for number in 0..<200 { try await engine.accept(body(number), to: local(1)) }
        #expect(try directory.names(in: "spool").count > 5)
        try await removeAll(engine) { _ in true }
        await engine.close()
        // The newest, and perhaps one made ahead.
        #expect(try directory.names(in: "spool").count <= 2)
    }

    @Test func compactionKeepsBytesIdentical() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory, adjust: Self.adjust)
        for number in 0..<200 { try await engine.accept(body(number), to: local(1)) }
        let full = try directory.names(in: "spool").count
        let before = try await engine.inbox(1)
        try await removeAll(engine) { $0 % 8 != 1 }
        while try directory.names(in: "spool").count > full / 2 { try await Task.sleep(for: .milliseconds(1)) }
        for _ in 0..<2 {
            let messages = try await engine.inbox(1)
            #expect(messages.map(\.uid) == stride(from: 1, to: 200, by: 8).map { UInt32($0) })
            for message in messages {
                #expect(try await engine.contents(message) == body(Int(message.uid) - 1))
            }
            await engine.close()
            engine = try StorageEngine.open(directory, adjust: Self.adjust)
        }
        // A reference from before is as good as ever.
        #expect(try await engine.contents(before[16]) == body(16))
        await engine.close()
    }

    @Test(arguments: [3999, 4000, 4001, 8000, 100_000])
    func largeMessagesHaveTheirOwnFile(size: Int) async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory, adjust: Self.adjust)
        let draft = try engine.makeDraft(sizeHint: size)
        var rest = body(1, size: size)
        while let part = rest.readSlice(length: min(1500, rest.readableBytes)),
            part.readableBytes > 0
        {
            try await draft.append(part)
        }
        #expect(draft.size == size)
        try await engine.accept(draft, envelope: sender, recipients: [local(1), local(2)])
        let files = try directory.names(in: "spool").filter { $0.hasSuffix(".big") }
        #expect(files.count == (size > 4000 ? 1 : 0))
        await engine.close()
        engine = try StorageEngine.open(directory, adjust: Self.adjust)
        for user: UInt64 in [1, 2] {
            let message = try #require(try await engine.inbox(user).first)
            #expect(try await engine.contents(message) == body(1, size: size))
            #expect(try directory.names(in: "spool").filter { $0.hasSuffix(".big") } == files)
            let mailbox = try await engine.openMailbox(account(user), name: "INBOX").id
            try await engine.expunge([1], from: mailbox, account: account(user))
        }
        await engine.close()
        #expect(try directory.names(in: "spool").filter { $0.hasSuffix(".big") } == [])
    }

    /// Its file is gone, and whoever is reading it reads on.
    @Test(arguments: [3000, 100_000])
    func aHeldMessageOutlivesItsRemoval(size: Int) async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory, adjust: Self.adjust)
        let draft = try engine.makeDraft(sizeHint: size)
        try await draft.append(body(1, size: size))
        try await engine.accept(draft, envelope: sender, recipients: [local(1)])
        let message = try #require(try await engine.inbox(1).first)
        let name = try #require(try directory.names(in: "spool").last { $0.hasSuffix(size > 4000 ? ".big" : ".log") })
        var hold: MessageHold? = try await engine.hold(message.message)
        #expect(hold != nil)
        try await removeAll(engine) { _ in true }
        // Segments are left behind one after the other.
        while try directory.names(in: "spool").contains(name) {
            try await engine.accept(body(2), to: local(1))
            try await removeAll(engine) { _ in true }
        }
        #expect(try await engine.contents(message) == body(1, size: size))
        #expect(try await engine.read(message.message, 1000..<2000) == body(1, size: size).getSlice(at: 1000, length: 1000))
        hold = nil
        await #expect(throws: MailError.self) { try await engine.contents(message) }
        await #expect(throws: MailError.self) { try await engine.hold(message.message) }
        await engine.close()
    }

    @Test func discardedDraftsLeaveNothing() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory, adjust: Self.adjust)
        var drafts: [MessageDraft] = []
        for number in 0..<3 {
            let draft = try engine.makeDraft(sizeHint: nil)
            try await draft.append(body(number, size: 9000))
            drafts.append(draft)
        }
        #expect(Set(drafts.map(\.id)).count == 3)
        drafts[0].discard()
        drafts[0].discard()
        drafts = []
        await engine.close()
        #expect(try directory.names(in: "spool").filter { $0.hasSuffix(".big") } == [])
    }

    /// The index of yesterday with the log of today: what is missing is replayed.
    @Test func anOlderIndexCatchesUp() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        let engine = try StorageEngine.open(directory, disk)
        try await engine.accept(body(1), to: local(1))
        try await engine.accept(body(2), to: local(1), remote(1))
        await engine.close()
        // A new directory has no index at all.
        let fresh = TemporaryDirectory()
        let files = Dictionary(
            uniqueKeysWithValues: disk.files.map { path, bytes in
                (fresh.path + path.dropFirst(directory.path.count), bytes)
            })
        let rebuilt = try StorageEngine.open(fresh, FaultyFileSystem(files))
        #expect(try await rebuilt.inbox(1).map(\.uid) == [1, 2])
        let entries = try await rebuilt.entries(after: nil, limit: 9)
        #expect(entries.count == 1)
        let next = try rebuilt.makeDraft(sizeHint: nil)
        #expect(next.id > entries[0].id)
        await rebuilt.close()
    }
}

extension StorageEngine {
    fileprivate static func open(
        _ directory: TemporaryDirectory, adjust: (inout StorageConfiguration) -> Void
    ) throws -> StorageEngine {
        try open(directory, SystemFileSystem(), adjust)
    }
}
