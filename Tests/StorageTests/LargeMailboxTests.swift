import GRDB
import MailModel
import Metrics
import NIOCore
import Synchronization
import Testing

@testable import Storage

/// Thousands of messages at once: nobody else is kept waiting, and nothing is lost or left.
@Suite struct LargeMailboxTests {
    private let user = account(1)

    /// A mailbox with three stored messages, each as often as it takes.
    private func fill(_ engine: StorageEngine, _ name: String, count: Int) async throws -> Int64 {
        let mailbox = try await engine.openMailbox(user, name: name).id
        for number in 1...3 {
            try await engine.append(body(number), to: mailbox, of: user, keywords: ["k\(number)"])
        }
        var have = 3
        while have < count {
            let more = min(have, count - have)
            _ = try await engine.copy(
                Array(1...UInt32(more)), from: mailbox, to: mailbox, account: user, quota: .unlimited)
            have += more
        }
        return mailbox
    }

    private func sizes(_ changes: [MailboxChange]) -> [Int] {
        changes.map { change in
            switch change.kind {
            case .flagged(let messages), .appended(let messages): messages.count
            case .expunged(let uids, _): uids.count
            default: 0
            }
        }.filter { $0 > 0 }
    }

    @Test func flagsChangeAndMessagesGoInPortions() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let count = 2 * StorageEngine.portion + 100
        let mailbox = try await fill(engine, "Big", count: count)
        let seen = Mutex<[MailboxChange]>([])
        engine.setObserver { changes in seen.withLock { $0 += changes } }
        let uids = Array(1...UInt32(count))
        let stored = try await engine.store(
            FlagChange(operation: .add, system: .deleted, keywords: []), uids: uids, in: mailbox,
            account: user)
        #expect(stored.messages.map(\.uid) == uids)
        #expect(try await engine.mailbox(mailbox)?.deleted == count)
        let gone = try await engine.expunge(uids, onlyDeleted: true, from: mailbox, account: user)
        #expect(gone == uids)
        #expect(try await engine.mailbox(mailbox)?.messages == 0)
        let portions = [StorageEngine.portion, StorageEngine.portion, 100]
        #expect(sizes(seen.withLock(\.self)) == portions + portions)
        await engine.close()
        try await IndexAudit.check(directory)
    }

    /// UIDs with gaps, keywords that are spelled otherwise in the target, a message several times.
    @Test func copiesAreWhatTheSourcesAre() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let source = try await fill(engine, "Source", count: 12)
        try await engine.expunge([4, 8, 9], from: source, account: user)
        let target = try await engine.openMailbox(user, name: "Target").id
        try await engine.append(body(9), to: target, of: user, keywords: ["K2"])
        let wanted: [UInt32] = [1, 2, 3, 4, 6, 7, 8, 10, 12]
        let result = try await engine.copy(
            wanted, from: source, to: target, account: user, quota: .unlimited)
        #expect(result.sources == [1, 2, 3, 6, 7, 10, 12])
        #expect(result.copies == Array(2...8))
        let old = try await engine.messages(UIDSet(ascending: result.sources), in: source, limit: .max)
        let new = Array(try await engine.messages(in: target).dropFirst())
        #expect(new.map(\.message) == old.map(\.message))
        #expect(new.map(\.internalDate) == old.map(\.internalDate))
        let names = { (message: MailboxMessage) in engine.keywords.keywords(of: message.flags.keywords) }
        #expect(new.map(names) == old.map(names).map { $0 == ["k2"] ? ["K2"] : $0 })
        let moved = try await engine.move(
            Array(2...6), from: (target, user), to: (source, user), quota: .unlimited,
            keeping: KeptFlags(system: [], keywords: false))
        #expect(moved.copies == Array(13...17))
        #expect(try await engine.messages(in: source).suffix(5).allSatisfy { $0.flags.keywords == 0 })
        #expect(try await engine.contents(of: target)?.uids == [1, 7, 8])
        await engine.close()
        try await IndexAudit.check(directory)
    }

    @Test func aLargeMailboxIsGoneAtOnceAndItsMessagesSoon() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let count = 3 * IndexTables.removedAtOnce + 10
        let mailbox = try await fill(engine, "Big", count: count)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        let changes = engine.changes()
        try await engine.deleteMailbox(mailbox, of: user)
        #expect(try await engine.mailbox(mailbox) == nil)
        #expect(try await engine.contents(of: mailbox) == nil)
        #expect(try await engine.usage(of: user).messages == 0)
        // Goes on meanwhile, and the name is free.
        try await engine.append(body(4), to: inbox, of: user)
        _ = try await engine.createMailboxes([NewMailbox(name: "Big")], of: user)
        var removed: Set<QueueID> = []
        for await change in changes {
            if case .removed(let ids) = change.kind { removed.formUnion(ids) }
            if removed.count == 3 { break }
        }
        await engine.close()
        let index = try DatabaseQueue(path: directory.path + "/index.sqlite")
        let left = try await index.read { db in
            try ["mailbox_messages", "deleted_mailboxes"].map {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)")
            }
        }
        #expect(left == [1, 0])
        try index.close()
        try await IndexAudit.check(directory)
    }

    @Test func whatACrashLeavesOfAMailboxIsRemovedAfterTheStart() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let mailboxes = [
            try await fill(engine, "One", count: 2 * IndexTables.removedAtOnce),
            try await fill(engine, "Two", count: 10),
        ]
        await engine.close()
        let index = try DatabaseQueue(path: directory.path + "/index.sqlite")
        try await index.write { db in
            for mailbox in mailboxes {
                for table in ["mailboxes WHERE id", "mailbox_keywords WHERE mailbox"] {
                    try db.execute(sql: "DELETE FROM \(table) = ?", arguments: [mailbox])
                }
                try db.execute(sql: "INSERT INTO deleted_mailboxes VALUES (?)", arguments: [mailbox])
            }
        }
        try index.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
        engine = try StorageEngine.open(directory)
        while try await engine.core.reader.read({ db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM deleted_mailboxes")
        }) != 0 {
            try await Task.sleep(for: .milliseconds(1))
        }
        await engine.close()
        try await IndexAudit.check(directory)
    }

    /// Without a transaction of its own; whoever reads sees it at once, and it is there after a stop.
    @Test func whatWasRecentIsWrittenWithTheNextChange() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        try await engine.append(body(1), to: inbox, of: user)
        // No transaction is to come that would take it along.
        try await engine.settle()
        engine.setRecent(from: 2, in: inbox, account: user)
        #expect(try await engine.contents(of: inbox)?.status.recentFrom == 2)
        #expect(try await engine.mailbox(inbox)?.recentFrom == 2)
        #expect(try await engine.mailbox(named: "INBOX", of: user)?.recentFrom == 2)
        #expect(try await engine.mailboxes(of: user).map(\.recentFrom) == [2])
        #expect(engine.core.recent.all[inbox]?.uid == 2)
        try await engine.append(body(2), to: inbox, of: user)
        #expect(engine.core.recent.all.isEmpty)
        engine.setRecent(from: 3, in: inbox, account: user)
        try await engine.renameMailbox("INBOX", to: "Old", of: user)
        #expect(try await engine.mailbox(named: "Old", of: user)?.recentFrom == 3)
        try await engine.append(body(3), to: inbox, of: user)
        engine.setRecent(from: 4, in: inbox, account: user)
        await engine.close()
        engine = try StorageEngine.open(directory)
        #expect(try await engine.mailbox(inbox)?.recentFrom == 4)
        await engine.close()
    }
}
