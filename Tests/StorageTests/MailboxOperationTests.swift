import GRDB
import Glibc
import MailModel
import NIOCore
import Testing

@testable import Storage

/// What random operations don't reach: limits, names, access lists, races.
@Suite struct MailboxOperationTests {
    private let user = account(1)

    private func refusal<T>(_ body: () async throws -> T) async throws -> MailboxError? {
        do {
            _ = try await body()
            return nil
        } catch { return try #require(error as? MailboxError) }
    }

    @Test func appendedMessagesSurviveAndKeepTheirDates() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        let before = Timestamp.now
        try await engine.append(
            body(1), to: inbox, of: user, flags: [.seen, .draft], keywords: ["$Junk", "b", "$JUNK"])
        await engine.close()
        engine = try StorageEngine.open(directory)
        let message = try #require(try await engine.messages(in: inbox).first)
        #expect(message.flags.system == [.seen, .draft])
        #expect(engine.keywords.keywords(of: message.flags.keywords) == ["$Junk", "b"])
        #expect(message.internalDate == Timestamp(milliseconds: 1_000_000))
        #expect(message.savedDate >= before)
        #expect(message.deliveryHeader.isEmpty)
        #expect(try await engine.contents(message) == body(1))
        // The spelling is the first one's; another mailbox has its own.
        try await engine.append(body(2), to: inbox, of: user, keywords: ["$junk", "B"])
        let second = try await engine.messages(in: inbox)[1]
        #expect(second.flags.keywords == message.flags.keywords)
        let other = try await engine.openMailbox(user, name: "Other").id
        try await engine.append(body(3), to: other, of: user, keywords: ["$JUNK"])
        let third = try await engine.messages(in: other)[0]
        #expect(engine.keywords.keywords(of: third.flags.keywords) == ["$JUNK"])
        await engine.close()
    }

    @Test func whatDoesNotExistIsRefused() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        try await engine.append(body(1), to: inbox, of: user)
        let foreign = try await engine.openMailbox(account(2), name: "INBOX").id
        #expect(try await engine.mailbox(named: "none", of: user) == nil)
        #expect(try await engine.mailbox(4711) == nil)
        #expect(try await engine.contents(of: 4711) == nil)
        for target in [4711, foreign] {
            let refusals = [
                try await refusal { try await engine.append(body(2), to: target, of: user) },
                try await refusal {
                    try await engine.copy(
                        [1], from: inbox, to: target, account: user, quota: .unlimited)
                },
                try await refusal {
                    try await engine.move(
                        [1], from: (inbox, user), to: (target, user), quota: .unlimited)
                },
            ]
            for case let refusal in refusals {
                guard case .targetNonexistent = refusal else {
                    Issue.record("\(String(describing: refusal))")
                    continue
                }
            }
            let change = FlagChange(operation: .add, system: .seen, keywords: [])
            let others = [
                try await refusal {
                    try await engine.store(change, uids: [1], in: target, account: user)
                },
                try await refusal { try await engine.deleteMailbox(target, of: user) },
                try await refusal { try await engine.setSpecialUses([], of: target, account: user) },
            ]
            for case let refusal in others {
                guard case .nonexistent = refusal else {
                    Issue.record("\(String(describing: refusal))")
                    continue
                }
            }
        }
        #expect(try await engine.contents(of: inbox)?.uids == [1])
        await engine.close()
    }

    @Test func onlyTheFormerlyUnchangedAreStored() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        for number in 1...3 { try await engine.append(body(number), to: inbox, of: user) }
        let known = try #require(try await engine.contents(of: inbox)).status.highestModSequence
        var change = FlagChange(operation: .add, system: .seen, keywords: ["x"])
        let first = try await engine.store(change, uids: [3, 2, 9], in: inbox, account: user)
        #expect(first.messages.map(\.uid) == [2, 3])
        #expect(Set(first.messages.map(\.modSequence)) == [known + 1])
        change.unchangedSince = known
        let second = try await engine.store(change, uids: [1, 2], in: inbox, account: user)
        #expect(second.messages.map(\.uid) == [1])
        #expect(second.modified == [2])
        // Nothing changes: nothing gets a new number.
        change.unchangedSince = nil
        let third = try await engine.store(change, uids: [1, 2, 3], in: inbox, account: user)
        #expect(third.messages.map(\.modSequence) == [known + 2, known + 1, known + 1])
        #expect(try await engine.mailbox(inbox)?.highestModSequence == known + 2)
        await engine.close()
    }

    @Test func keywordsAreLimitedAndThoseOutOfUseMakeRoom() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        try await engine.append(body(1), to: inbox, of: user)
        func store(_ operation: FlagChange.Operation, _ keywords: [String]) async throws
            -> MailboxError?
        {
            try await refusal {
                try await engine.store(
                    FlagChange(operation: operation, system: [], keywords: keywords), uids: [1],
                    in: inbox, account: user)
            }
        }
        let many = (0..<IndexTables.maximumKeywords).map { "k\($0)" }
        #expect(try await store(.replace, many) == nil)
        guard case .limit = try await store(.add, ["one-more"]) else {
            Issue.record("more than the limit")
            return
        }
        guard case .limit = try await store(.replace, [String(repeating: "x", count: 300)]) else {
            Issue.record("longer than the limit")
            return
        }
        #expect(try await store(.replace, ["k0"]) == nil)
        // The mailbox was searched for unused ones a moment ago; much must change before the next.
        for _ in 0..<500 {
            #expect(try await store(.add, ["k1"]) == nil)
            #expect(try await store(.remove, ["k1"]) == nil)
        }
        #expect(try await store(.add, ["one-more"]) == nil)
        let flags = try #require(try await engine.contents(of: inbox)).flags[0]
        #expect(engine.keywords.keywords(of: flags.keywords) == ["k0", "one-more"])
        await engine.close()
    }

    @Test func defaultMailboxesAreMadeOnce() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let defaults = ["INBOX", "Drafts", "Sent"].map { NewMailbox(name: $0) }
        let sent = try await engine.createMailboxes([NewMailbox(name: "Sent")], of: user)[0]
        try await engine.makeDefaultMailboxes(defaults, mark: "made", of: user)
        let made = try await engine.mailboxes(of: user)
        #expect(made.map(\.name) == ["Drafts", "INBOX", "Sent"])
        #expect(made.last?.id == sent.id)
        #expect(try await engine.subscriptions(of: user) == ["Drafts", "INBOX", "Sent"])
        #expect(try await engine.annotations(of: 0, account: user) == ["made": [1]])

        try await engine.deleteMailbox(made[0].id, of: user)
        try await engine.setSubscribed(false, "Drafts", of: user)
        try await engine.makeDefaultMailboxes(defaults, mark: "made", of: user)
        #expect(try await engine.mailboxes(of: user).map(\.name) == ["INBOX", "Sent"])
        #expect(try await engine.subscriptions(of: user) == ["INBOX", "Sent"])
        await engine.close()
    }

    /// By name from the cache, by number from the index.
    @Test func namedMailboxesAreAsTheLastCommitLeftThem() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let id = try await engine.openMailbox(user, name: "Work").id
        func check(_ name: String) async throws {
            let named = try await engine.mailbox(named: name, of: user)
            #expect(try await engine.mailbox(id) == named)
        }
        try await check("Work")
        let uid = try await engine.append(body(1), to: id, of: user)
        try await check("Work")
        _ = try await engine.store(
            FlagChange(operation: .add, system: [.seen, .deleted], keywords: []), uids: [uid],
            in: id, account: user)
        try await check("Work")
        try await engine.setSpecialUses([.junk], of: id, account: user)
        try await check("Work")
        engine.setRecent(from: 2, in: id, account: user)
        try await engine.setSubscribed(true, "Work", of: user)
        try await check("Work")
        try await engine.expunge([uid], from: id, account: user)
        try await check("Work")
        try await engine.renameMailbox("Work", to: "Play", of: user)
        try await check("Play")
        #expect(try await engine.mailbox(named: "Work", of: user) == nil)
        let inbox = try #require(try await engine.mailbox(named: "INBOX", of: user))
        try await engine.append(body(2), to: inbox.id, of: user)
        try await engine.setAnnotations(["/private/comment": [1]], of: inbox.id, account: user)
        try await engine.renameMailbox("INBOX", to: "Old", of: user)
        for name in ["INBOX", "Old"] {
            let id = try #require(try await engine.mailbox(named: name, of: user)?.id)
            #expect(try await engine.annotations(of: id, account: user) == ["/private/comment": [1]])
        }
        #expect(try await engine.mailbox(named: "INBOX", of: user)?.messages == 0)
        #expect(try await engine.mailbox(named: "Old", of: user)?.messages == 1)
        try await engine.deleteMailbox(id, of: user)
        #expect(try await engine.mailbox(named: "Play", of: user) == nil)
        _ = try await engine.createMailboxes([NewMailbox(name: "Play")], of: user)
        #expect(try await engine.mailbox(named: "Play", of: user)?.messages == 0)
        await engine.close()
    }

    @Test func namesBelowAreRenamedToo() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let names = ["A", "A/x", "A/x/y", "A.b", "Ab", "B/x"]
        let made = try await engine.createMailboxes(names.map { NewMailbox(name: $0) }, of: user)
        #expect(Set(made.map(\.uidValidity)).count == names.count)
        guard case .alreadyExists = try await refusal({
            try await engine.renameMailbox("A", to: "B", of: user)
        }) else {
            Issue.record("B/x is taken")
            return
        }
        guard case .alreadyExists = try await refusal({
            try await engine.createMailboxes(
                [NewMailbox(name: "new"), NewMailbox(name: "Ab")], of: user)
        }) else {
            Issue.record("made twice")
            return
        }
        try await engine.renameMailbox("A", to: "A/z", of: user)
        #expect(
            try await engine.mailboxes(of: user).map(\.name)
                == ["A.b", "A/z", "A/z/x", "A/z/x/y", "Ab", "B/x", "INBOX"])
        #expect(try await engine.mailbox(made[2].id)?.name == "A/z/x/y")
        await engine.close()
    }

    @Test func aNameMadeAnewHasAnotherValidity() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let first = try await engine.openMailbox(user, name: "A")
        try await engine.deleteMailbox(first.id, of: user)
        let second = try await engine.openMailbox(user, name: "A")
        #expect(second.uidValidity > first.uidValidity)
        #expect(second.id > first.id)
        await engine.close()
    }

    @Test func propertiesAreKept() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let mailbox = try await engine.openMailbox(user, name: "Shared").id
        let other = try await engine.openMailbox(account(2), name: "Open").id
        var changes = engine.changes().makeAsyncIterator()
        try await engine.setSubscribed(true, "nowhere", of: user)
        try await engine.setSubscribed(true, "Shared", of: user)
        try await engine.setSubscribed(true, "Shared", of: user)
        try await engine.setSubscribed(false, "nowhere", of: user)
        try await engine.setAccess("lrs", of: "anyone", to: mailbox, account: user)
        try await engine.setAccess("lr", of: "fred", to: mailbox, account: user)
        try await engine.setAccess("l", of: "fred", to: other, account: account(2))
        try await engine.setAccess("", of: "anyone", to: mailbox, account: user)
        await #expect(throws: MailboxError.self) {
            try await engine.setAccess("l", of: "fred", to: other, account: user)
        }
        try await engine.setAnnotations(
            ["/private/comment": [1, 2], "/shared/comment": []], of: mailbox, account: user)
        try await engine.setAnnotations(
            ["/private/comment": nil], of: mailbox, account: user)
        try await engine.setAnnotations(["/shared/admin": [7]], of: 0, account: user)
        try await engine.setSpecialUses([.sent, .trash], of: mailbox, account: user)
        let subscriptions = [("nowhere", true), ("Shared", true), ("nowhere", false)]
        for (name, state) in subscriptions {
            guard case .subscription(name, state) = await changes.next()?.kind else {
                Issue.record("subscription of \(name)")
                return
            }
        }
        await engine.close()
        engine = try StorageEngine.open(directory)
        #expect(try await engine.subscriptions(of: user) == ["Shared"])
        #expect(try await engine.accessList(of: mailbox) == ["fred": "lr"])
        let shared = try await engine.mailboxesShared(with: ["fred", "anyone"])
        #expect(shared.map(\.mailbox.id) == [mailbox, other])
        #expect(shared.map(\.account) == [user, account(2)])
        #expect(
            try await engine.annotations(of: mailbox, account: user) == ["/shared/comment": []])
        #expect(try await engine.annotations(of: 0, account: user) == ["/shared/admin": [7]])
        #expect(try await engine.mailbox(mailbox)?.specialUses == [.sent, .trash])
        try await engine.deleteMailbox(mailbox, of: user)
        #expect(try await engine.accessList(of: mailbox).isEmpty)
        #expect(try await engine.annotations(of: mailbox, account: user).isEmpty)
        await engine.close()
    }

    /// Counters and sets of keywords are those of what came along.
    @Test func copiesKeepTheFlagsThatTheyMay() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        let other = try await engine.openMailbox(account(2), name: "Other").id
        for number in 1...2 {
            try await engine.append(
                body(number), to: inbox, of: user, flags: [.seen, .deleted, .draft], keywords: ["a"])
        }
        _ = try await engine.copy(
            [1], from: inbox, to: other, account: account(2), quota: .unlimited,
            keeping: KeptFlags(system: [.deleted, .flagged], keywords: false))
        _ = try await engine.move(
            [2], from: (inbox, user), to: (other, account(2)), quota: .unlimited,
            keeping: KeptFlags(system: [.seen], keywords: true))
        let copies = try await engine.messages(in: other)
        #expect(copies.map(\.flags.system) == [.deleted, .seen])
        #expect(copies.map { engine.keywords.keywords(of: $0.flags.keywords) } == [[], ["a"]])
        #expect(try await engine.messages(in: inbox).map(\.flags.system) == [[.seen, .deleted, .draft]])
        let (source, target) = (try await engine.mailbox(inbox), try await engine.mailbox(other))
        #expect(source?.unseen == 0 && source?.deleted == 1)
        #expect(target?.unseen == 1 && target?.deleted == 1)
        await engine.close()
        try await IndexAudit.check(directory)
    }

    @Test func expungesAreRememberedWithinLimits() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        let limit = Int(IndexTables.rememberedExpunges)
        try await engine.append(body(1), to: inbox, of: user)
        var uids: [UInt32] = [1]
        // Doubling is the quick way to many messages.
        while uids.count < 3 * limit {
            uids += try await engine.copy(
                uids, from: inbox, to: inbox, account: user, quota: .unlimited
            ).copies
        }
        var since: [UInt64] = []
        for start in stride(from: 0, to: 5, by: 1) {
            since.append(try #require(try await engine.mailbox(inbox)).highestModSequence)
            let part = uids[(start * 5_000)..<(start * 5_000 + 5_000)]
            try await engine.expunge(Array(part), from: inbox, account: user)
        }
        func rows() async throws -> Int? {
            try await engine.core.reader.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM expunged")
            }
        }
        #expect(try #require(try await rows()) <= 2 * limit)
        #expect(try await engine.vanished(since: since[4], in: inbox).ranges == [20_001...25_000])
        #expect(try await engine.vanished(since: since[3], in: inbox).ranges == [15_001...25_000])
        // Older than what is known: everything that is not there.
        #expect(try await engine.vanished(since: since[2], in: inbox).first! <= 10_001)
        #expect(try await engine.vanished(since: 1, in: inbox).ranges == [1...25_000])
        let rest = try #require(try await engine.contents(of: inbox)).uids
        let last = try #require(try await engine.mailbox(inbox)).highestModSequence
        try await engine.expunge(rest, from: inbox, account: user)
        #expect(
            try await engine.vanished(since: last, in: inbox).ranges == [1...rest.last!]
                || rest.count <= limit)
        await engine.close()
        try await IndexAudit.check(directory)
    }

    /// A segment that holds nothing but bytes which the index has not heard of looks dead.
    @Test func bytesInFlightKeepTheirSegment() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory, SystemFileSystem()) { configuration in
            configuration.segmentSize = 4_000
        }
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        let pin = engine.core.pins.take(from: engine.core.log.newestSegment)
        let stored = StoredBody(id: try await engine.draft(body(1)).id, size: 500)
        try await engine.core.log.append(.stored(stored), body: body(1))
        let position = try #require(stored.position)
        for number in 2...40 {
            try await engine.append(body(number), to: inbox, of: user)
            try await engine.expunge([UInt32(number - 1)], from: inbox, account: user)
        }
        let row = AppendedRow(
            id: stored.id, size: 500, location: .log(position), mayNeedConversion: false, flags: [],
            keywords: [], internalDate: .now)
        let uids = try await engine.core.indexQueue.perform { tables in
            try tables.append([row], to: inbox, of: account(1), quota: .unlimited, replacing: nil)
        }.uids
        withExtendedLifetime(pin) {}
        let message = try #require(
            try await engine.messages(UIDSet([uids[0]...uids[0]]), in: inbox, limit: 9).first)
        #expect(try await engine.contents(message) == body(1))
        await engine.close()
        try await IndexAudit.check(directory)
    }

    @Test func deadSegmentsGoOnceTheyAreReleased() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory, SystemFileSystem()) { configuration in
            configuration.segmentSize = 4_000
        }
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        do {
            let pin = engine.core.pins.take(from: 1)
            for number in 1...40 { try await engine.append(body(number), to: inbox, of: user) }
            try await engine.expunge(Array(1...40), from: inbox, account: user)
            #expect(try directory.names(in: "spool").count > 5)
            withExtendedLifetime(pin) {}
        }
        try await engine.append(body(41), to: inbox, of: user)
        await engine.close()
        #expect(try directory.names(in: "spool").count <= 3)
    }

    @Test func manyAppendedAtOnceShareACommit() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        let engine = try StorageEngine.open(directory, disk)
        let inbox = try await engine.openMailbox(user, name: "INBOX").id
        var messages: [AppendedMessage] = []
        for number in 0..<100 {
            messages.append(
                AppendedMessage(
                    draft: try await engine.draft(body(number)), flags: [], keywords: [],
                    internalDate: .now))
        }
        let before = disk.calls
        // The first commit takes until all are on their way.
        disk.fail { call, _ in
            while call == .sync, engine.core.draftMeans.underWay.count > 0 { usleep(1000) }
            return nil
        }
        let result = try await engine.append(
            messages, to: inbox, account: user, quota: .unlimited, replacing: nil)
        #expect(result.uids == Array(1...100))
        disk.fail(nil)
        // Far fewer than a write and a sync each.
        #expect(disk.calls - before < 100)
        let stored = try await engine.messages(in: inbox)
        for (number, message) in stored.enumerated() {
            #expect(try await engine.contents(message) == body(number))
        }
        await engine.close()
    }
}
