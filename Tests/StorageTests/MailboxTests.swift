import GRDB
import Logging
import MailModel
import Synchronization
import Testing

@testable import Storage

@Suite struct MailboxTests {
    @Test func commitsAreSynced() async throws {
        let directory = TemporaryDirectory()
        let pool = try IndexDatabase.open(at: directory.path + "/index.sqlite")
        let (synchronous, journal) = try await pool.writeWithoutTransaction { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous"),
                try String.fetchOne(db, sql: "PRAGMA journal_mode")
            )
        }
        #expect(synchronous == 2)
        #expect(journal == "wal")
        try pool.close()
    }

    @Test func anIndexOfANewerServerIsRefused() async throws {
        let directory = TemporaryDirectory()
        let pool = try IndexDatabase.open(at: directory.path + "/index.sqlite")
        try await pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('from the future')")
        }
        try pool.close()
        #expect(throws: StorageError.self) { try StorageEngine.open(directory) }
    }

    @Test func quotasAreExact() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let header = StorageConfiguration().deliveryHeader(
            sender.reversePath, EmailAddress("user1@example.org")!)
        let each = Int64(500 + header.count)
        let quota = Quota(bytes: each * 2, messages: nil)
        for number in 1...3 { try await engine.accept(body(number), to: local(1, quota: quota)) }
        #expect(try await engine.inbox(1).count == 2)
        #expect(try await engine.usage(of: account(1)) == (each * 2, 2))
        for number in 1...3 {
            try await engine.accept(
                body(number), to: local(2, quota: Quota(bytes: nil, messages: 1)))
        }
        #expect(try await engine.inbox(2).count == 1)
        #expect(try await engine.entries(after: nil, limit: 9).count == 3)
        #expect(try await engine.usage(of: account(3)) == (0, 0))
        await engine.close()
    }

    @Test func uidsAreNeverUsedAgain() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        for number in 1...3 { try await engine.accept(body(number), to: local(1)) }
        try await engine.settle()
        let mailbox = try await engine.openMailbox(account(1), name: "INBOX")
        #expect(mailbox.uidNext == 4)
        #expect(mailbox.messages == 3)
        try await engine.expunge([2, 3, 77], from: mailbox.id, account: account(1))
        try await engine.expunge([3], from: mailbox.id, account: account(1))
        await engine.close()
        engine = try StorageEngine.open(directory)
        try await engine.accept(body(4), to: local(1))
        #expect(try await engine.inbox(1).map(\.uid) == [1, 4])
        let after = try await engine.openMailbox(account(1), name: "INBOX")
        #expect(after.uidValidity == mailbox.uidValidity)
        #expect(after.highestModSequence > mailbox.highestModSequence)
        #expect(after.messages == 2)
        #expect(try await engine.usage(of: account(1)).bytes == after.bytes)
        let second = try await engine.openMailbox(account(1), name: "Archive")
        #expect(second.uidValidity > mailbox.uidValidity)
        await #expect(throws: MailboxError.self) {
            try await engine.expunge([1], from: mailbox.id, account: account(2))
        }
        await engine.close()
    }

    @Test func changesAreToldInOrder() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let mailbox = try await engine.openMailbox(account(1), name: "INBOX").id
        let told = Mutex<[MailboxChange]>([])
        engine.setObserver { changes in told.withLock { $0 += changes } }
        for number in 1...20 { try await engine.accept(body(number), to: local(1)) }
        try await engine.settle()
        try await engine.expunge([3, 4], from: mailbox, account: account(1))
        // Whoever waits for a change finds it told already.
        let isTold = told.withLock { changes in
            changes.contains { if case .expunged = $0.kind { true } else { false } }
        }
        #expect(isTold)
        try await engine.accept(body(21), to: local(1))
        await engine.close()
        var next: UInt32 = 1
        var expunged = false
        for change in told.withLock({ $0 }) {
            switch change.kind {
            case .appended(let messages):
                #expect(change.mailbox == mailbox && change.account == account(1))
                #expect(messages.map(\.uid) == (0..<UInt32(messages.count)).map { next + $0 })
                next += UInt32(messages.count)
            case .expunged(let uids, _):
                #expect(uids == [3, 4])
                #expect(next == 21)
                expunged = true
            case .removed(let ids):
                #expect(ids.count == 2)
            default: Issue.record("\(change)")
            }
        }
        #expect(next == 22)
        #expect(expunged)
    }

    @Test func listingsAreKeptAndExact() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        #expect(try await engine.listInbox(of: account(1)).messages.isEmpty)
        var changes = engine.changes().makeAsyncIterator()
        for round in 1...20 {
            try await engine.accept(body(round), to: local(1))
            _ = await changes.next()
            for _ in 0..<2 {
                let listing = try await engine.listInbox(of: account(1))
                #expect(listing.messages.map(\.uid) == [UInt32(round)])
                #expect(listing.status.uidNext == UInt32(round) + 1)
                #expect(listing.status.messages == 1)
            }
            let mailbox = try await engine.listInbox(of: account(1)).status.id
            try await engine.expunge([UInt32(round)], from: mailbox, account: account(1))
            // It went, and with it its bytes.
            _ = await changes.next()
            _ = await changes.next()
            #expect(try await engine.listInbox(of: account(1)).messages.isEmpty)
        }
        await engine.close()
    }

    @Test func aListingOvertakenByACommitIsNotKept() {
        let cache = ListingCache(generationSize: 100)
        let listing = Self.listing(10)
        let (none, ticket) = cache.find(account(1))
        #expect(none == nil)
        cache.invalidate([
            MailboxChange(mailbox: 1, account: account(1), kind: .specialUses)
        ])
        cache.store(listing, ticket)
        #expect(cache.find(account(1)).0 == nil)
        cache.store(listing, cache.find(account(1)).1)
        #expect(cache.find(account(1)).0?.messages.count == 10)
    }

    /// What is asked for stays; what is not, and what is too large, goes.
    @Test func keptListingsAreBounded() {
        let cache = ListingCache(generationSize: 100)
        cache.store(Self.listing(1000), cache.find(account(0)).1)
        #expect(cache.find(account(0)).0 == nil)
        for number in 1...50 as ClosedRange<UInt64> {
            cache.store(Self.listing(10), cache.find(account(number)).1)
            #expect(cache.find(account(1)).0 != nil)
        }
        let kept = (1...50 as ClosedRange<UInt64>).filter { cache.find(account($0)).0 != nil }
        #expect(kept.count <= 14)
        #expect(kept.contains(50))
    }

    private static func listing(_ count: Int) -> MailboxListing {
        let state = MailboxState(
            id: 1, account: account(1), name: "INBOX", uidValidity: 1, specialUses: [])
        return MailboxListing(
            status: state.status,
            messages: (0..<count).map {
                MailboxMessage(
                    uid: UInt32($0 + 1),
                    message: MessageReference(id: QueueID(rawValue: UInt64($0)), size: 1),
                    deliveryHeader: [], flags: StoredFlags(), modSequence: 1,
                    internalDate: Timestamp(milliseconds: 0),
                    savedDate: Timestamp(milliseconds: 0))
            })
    }
}
