import FuzzSupport
import GRDB
import MailModel
import NIOCore
import Synchronization
import Testing

@testable import Storage

/// Random operations on the engine and on a plain model beside it: they never differ.
@Suite struct ModelTests {
    private static func adjust(_ configuration: inout StorageConfiguration) {
        configuration.segmentSize = 20_000
        configuration.largeMessageThreshold = 2_000
        configuration.compactionThreshold = 0.5
    }

    @Test(arguments: 1...6) func theEngineIsWhatTheModelIs(seed: Int) async throws {
        let directory = TemporaryDirectory()
        var run = ModelRun(seed: seed)
        for _ in 0..<4 {
            let engine = try StorageEngine.open(directory, SystemFileSystem(), Self.adjust)
            run.watch(engine)
            try await run.check(engine)
            for _ in 0..<60 {
                try await run.step(engine)
                try await run.check(engine)
            }
            try await run.checkBodies(engine)
            await engine.close()
            try await IndexAudit.check(directory)
        }
    }
}

/// What is counted in the index is what is there.
enum IndexAudit {
    static func check(_ directory: TemporaryDirectory) async throws {
        let index = try DatabaseQueue(path: directory.path + "/index.sqlite")
        let faults = try await index.read { db in
            try queries.filter { try Int.fetchOne(db, sql: "SELECT count(*) FROM (\($0))") != 0 }
        }
        #expect(faults.isEmpty)
        try index.close()
    }

    /// Each finds what is wrong.
    private static let queries = [
        """
        SELECT 1 FROM mailboxes b WHERE
            messages != (SELECT count(*) FROM mailbox_messages WHERE mailbox = b.id)
            OR unseen != (SELECT count(*) FROM mailbox_messages
                WHERE mailbox = b.id AND flags & 1 = 0)
            OR deleted != (SELECT count(*) FROM mailbox_messages
                WHERE mailbox = b.id AND flags & 8 != 0)
            OR deleted_bytes != (SELECT ifnull(sum(size + length(header)), 0)
                FROM mailbox_messages WHERE mailbox = b.id AND flags & 8 != 0)
            OR bytes != (SELECT ifnull(sum(size + length(header)), 0)
                FROM mailbox_messages WHERE mailbox = b.id)
            OR remembered != (SELECT count(*) FROM expunged WHERE mailbox = b.id)
            OR uidnext <= (SELECT ifnull(max(uid), 0) FROM mailbox_messages WHERE mailbox = b.id)
            OR modseq < (SELECT ifnull(max(modseq), 0) FROM mailbox_messages WHERE mailbox = b.id)
        """,
        """
        SELECT 1 FROM messages m WHERE refs != (
            SELECT count(*) FROM mailbox_messages WHERE message = m.id)
            + (SELECT count(*) FROM queue WHERE message = m.id)
        """,
        "SELECT 1 FROM mailbox_messages WHERE message NOT IN (SELECT id FROM messages)",
        "SELECT 1 FROM mailbox_messages WHERE mailbox NOT IN (SELECT id FROM mailboxes)",
        "SELECT 1 FROM expunged WHERE mailbox NOT IN (SELECT id FROM mailboxes)",
        """
        SELECT 1 FROM mailbox_messages d JOIN messages m ON m.id = d.message
        WHERE d.size != m.size
        """,
        """
        SELECT 1 FROM mailbox_messages
        WHERE keywords != 0 AND keywords NOT IN (SELECT id FROM keyword_sets)
        """,
        """
        SELECT 1 FROM segments s WHERE live != (
            SELECT ifnull(sum(size + \(RecordHeader.length)), 0) FROM messages
            WHERE segment = s.number)
        """,
        "SELECT 1 FROM messages WHERE segment != 0 AND segment NOT IN (SELECT number FROM segments)",
    ]
}

/// A run's dice, its model, and a copy of the mailboxes that is kept by what the observer is told.
struct ModelRun {
    fileprivate final class Mirror: Sendable {
        let flags = Mutex<[Int64: [UInt32: FlaggedMessage]]>([:])
        let removed = Mutex<Set<QueueID>>([])
    }

    private var dice: Dice
    private var model = MailboxModel()
    private let mirror = Mirror()
    private var nextBody = 0
    private var uidValidities: [AccountID: UInt32] = [:]

    init(seed: Int) { dice = Dice(seed: UInt64(seed)) }

    func watch(_ engine: StorageEngine) {
        let mirror = mirror
        engine.setObserver { changes in
            for change in changes { mirror.apply(change) }
        }
    }

    private static let accounts = [account(1), account(2)]
    private static let names = ["A", "A/B", "A/B/C", "D", "E"]
    private static let keywords = ["$Junk", "$junk", "work", "Work", "later", "$Forwarded"]

    private mutating func someAccount() -> AccountID { Self.accounts.randomElement(using: &dice)! }

    private mutating func someMailbox(of account: AccountID) -> Int64 {
        model.mailboxes(of: account).randomElement(using: &dice)!
    }

    private mutating func someUIDs(of mailbox: Int64) -> [UInt32] {
        let all = model.mailboxes[mailbox]!.uids
        let kept = all.filter { _ in Int.random(in: 0..<3, using: &dice) == 0 }
        return kept + (Bool.random(using: &dice) ? [77_777] : [])
    }

    private mutating func someFlags() -> MessageFlags {
        MessageFlags(rawValue: UInt32.random(in: 0..<32, using: &dice))
    }

    private mutating func someKeywords() -> [String] {
        Self.keywords.filter { _ in Int.random(in: 0..<4, using: &dice) == 0 }
    }

    // MARK: Operations

    mutating func step(_ engine: StorageEngine) async throws {
        switch Int.random(in: 0..<20, using: &dice) {
        case 0..<3: try await deliver(engine)
        case 3..<7: try await append(engine)
        case 7..<9: try await copy(engine)
        case 9..<12: try await move(engine)
        case 12..<15: try await store(engine)
        case 15..<17: try await expunge(engine)
        case 17: try await create(engine)
        case 18: try await rename(engine)
        default: try await delete(engine)
        }
    }

    private mutating func deliver(_ engine: StorageEngine) async throws {
        let user = UInt64.random(in: 1...2, using: &dice)
        nextBody += 1
        let size = Bool.random(using: &dice) ? 600 : 3000
        try await engine.accept(body(nextBody, size: size), to: local(user))
        // The index follows the log; the client does not wait for it.
        let inbox = model.mailbox(named: "INBOX", of: account(user))!
        let uid = model.mailboxes[inbox]!.uidNext
        while mirror.flags.withLock({ $0[inbox]?[uid] == nil }) { try await Task.sleep(for: .milliseconds(1)) }
        let header = StorageConfiguration().deliveryHeader(
            sender.reversePath, EmailAddress("user\(user)@example.org")!)
        _ = model.add(
            [
                MailboxModel.Message(
                    body: nextBody, size: size + header.count, flags: [], keywords: [],
                    modSequence: 0)
            ], to: inbox)
    }

    private mutating func append(_ engine: StorageEngine) async throws {
        let account = someAccount()
        let mailbox = someMailbox(of: account)
        var appended: [AppendedMessage] = []
        var expected: [MailboxModel.Message] = []
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
            nextBody += 1
            let size = Int.random(in: 0..<4, using: &dice) == 0 ? 2500 : 400
            let (flags, keywords) = (someFlags(), someKeywords())
            appended.append(
                AppendedMessage(
                    draft: try await engine.draft(body(nextBody, size: size)), flags: flags,
                    keywords: keywords, internalDate: Timestamp(milliseconds: Int64(nextBody))))
            expected.append(
                MailboxModel.Message(
                    body: nextBody, size: size, flags: flags,
                    keywords: Set(keywords.map { $0.lowercased() }), modSequence: 0))
        }
        let bytes = expected.reduce(0) { $0 + Int64($1.size) }
        let isRefused = Int.random(in: 0..<4, using: &dice) == 0
        let quota = Quota(
            bytes: model.bytes(of: account) + bytes - (isRefused ? 1 : 0), messages: nil)
        var replaced: UInt32?
        if !isRefused, Bool.random(using: &dice) {
            replaced = model.mailboxes[mailbox]!.uids.first
        }
        do {
            let result = try await Self.append(
                appended, to: mailbox, of: account, quota, replacing: replaced, engine)
            #expect(!isRefused)
            #expect(result.uidValidity == model.mailboxes[mailbox]!.uidValidity)
            #expect(result.uids == model.add(expected, to: mailbox))
            if let replaced { model.remove([replaced], from: mailbox) }
        } catch {
            try Self.expect(error) { if case .overQuota = $0 { true } else { false } }
            #expect(isRefused)
        }
    }

    private static func append(
        _ messages: [AppendedMessage], to mailbox: Int64, of account: AccountID, _ quota: Quota,
        replacing uid: UInt32?, _ engine: StorageEngine
    ) async throws -> AppendResult {
        guard let uid else {
            return try await engine.append(
                messages, to: mailbox, account: account, quota: quota, replacing: nil)
        }
        return try await engine.append(
            messages, to: mailbox, account: account, quota: quota,
            replacing: (mailbox, account, uid))
    }

    private mutating func copy(_ engine: StorageEngine) async throws {
        let owner = someAccount()
        let source = someMailbox(of: someAccount())
        let target = someMailbox(of: owner)
        let uids = someUIDs(of: source)
        let messages = uids.compactMap { model.mailboxes[source]!.messages[$0] }
        let isRefused = !messages.isEmpty && Int.random(in: 0..<4, using: &dice) == 0
        let quota = Quota(
            bytes: nil,
            messages: Int64(model.count(of: owner) + messages.count - (isRefused ? 1 : 0)))
        do {
            let result = try await engine.copy(
                uids.shuffled(using: &dice), from: source, to: target, account: owner, quota: quota)
            #expect(!isRefused)
            #expect(result.sources == uids.filter { model.mailboxes[source]!.messages[$0] != nil })
            #expect(result.copies == model.add(messages, to: target))
        } catch {
            try Self.expect(error) { if case .overQuota = $0 { true } else { false } }
            #expect(isRefused)
        }
    }

    private mutating func move(_ engine: StorageEngine) async throws {
        let (from, to) = (someAccount(), someAccount())
        let source = someMailbox(of: from)
        let target = someMailbox(of: to)
        let uids = someUIDs(of: source)
        let moved = uids.filter { model.mailboxes[source]!.messages[$0] != nil }
        let messages = moved.map { model.mailboxes[source]!.messages[$0]! }
        let result = try await engine.move(
            uids, from: (source, from), to: (target, to),
            quota: from == to ? Quota(bytes: 0, messages: 0) : .unlimited)
        #expect(result.sources == moved)
        #expect(result.copies == model.add(messages, to: target))
        model.remove(moved, from: source)
    }

    private mutating func store(_ engine: StorageEngine) async throws {
        let account = someAccount()
        let mailbox = someMailbox(of: account)
        let uids = someUIDs(of: mailbox)
        let state = model.mailboxes[mailbox]!
        var change = FlagChange(
            operation: [.add, .remove, .replace].randomElement(using: &dice)!,
            system: someFlags(), keywords: someKeywords())
        if Bool.random(using: &dice) {
            change.unchangedSince = UInt64.random(in: 0...state.modSequence, using: &dice)
        }
        let result = try await engine.store(change, uids: uids, in: mailbox, account: account)
        let (_, modified) = model.store(change, uids, in: mailbox)
        #expect(result.modified == modified)
        #expect(
            result.messages.map(\.uid) == uids.filter { uid in
                state.messages[uid] != nil && !modified.contains(uid)
            })
        for message in result.messages { compare(message, in: mailbox, engine) }
    }

    private mutating func expunge(_ engine: StorageEngine) async throws {
        let account = someAccount()
        let mailbox = someMailbox(of: account)
        let uids = someUIDs(of: mailbox)
        let onlyDeleted = Bool.random(using: &dice)
        let due = uids.filter { uid in
            guard let message = model.mailboxes[mailbox]!.messages[uid] else { return false }
            return !onlyDeleted || message.flags.contains(.deleted)
        }
        let gone = try await engine.expunge(
            uids, onlyDeleted: onlyDeleted, from: mailbox, account: account)
        #expect(gone == due)
        model.remove(due, from: mailbox)
    }

    private mutating func create(_ engine: StorageEngine) async throws {
        let account = someAccount()
        let name = Self.names.randomElement(using: &dice)!
        do {
            let made = try await engine.createMailboxes(
                [NewMailbox(name: name, specialUses: [.drafts])], of: account)
            #expect(model.mailbox(named: name, of: account) == nil)
            #expect(made[0].uidValidity > uidValidities[account, default: 0])
            uidValidities[account] = made[0].uidValidity
            model.create(made[0])
        } catch {
            try Self.expect(error) { if case .alreadyExists = $0 { true } else { false } }
            #expect(model.mailbox(named: name, of: account) != nil)
        }
    }

    private mutating func rename(_ engine: StorageEngine) async throws {
        let account = someAccount()
        let name = model.mailboxes[someMailbox(of: account)]!.name
        let newName = Self.names.randomElement(using: &dice)!
        let all = model.mailboxes(of: account)
        let moved = all.filter { id in
            let other = model.mailboxes[id]!.name
            return other == name || other.hasPrefix(name + "/") && name != "INBOX"
        }
        let targets = moved.map { newName + model.mailboxes[$0]!.name.dropFirst(name.count) }
        let isTaken = targets.contains { model.mailbox(named: $0, of: account) != nil }
        do {
            try await engine.renameMailbox(name, to: newName, of: account)
            #expect(!isTaken)
        } catch {
            try Self.expect(error) { if case .alreadyExists = $0 { true } else { false } }
            #expect(isTaken)
            return
        }
        guard name == "INBOX" else {
            for (id, target) in zip(moved, targets) { model.mailboxes[id]!.name = target }
            return
        }
        let status = try #require(try await engine.mailbox(named: newName, of: account))
        #expect(status.uidValidity > uidValidities[account, default: 0])
        uidValidities[account] = status.uidValidity
        model.create(status)
        let inbox = model.mailboxes[moved[0]]!
        if inbox.messages.isEmpty { return }
        model.mailboxes[status.id]!.messages = inbox.messages
        model.mailboxes[status.id]!.uidNext = inbox.uidNext
        model.mailboxes[status.id]!.modSequence = inbox.modSequence
        model.remove(inbox.uids, from: moved[0])
    }

    private mutating func delete(_ engine: StorageEngine) async throws {
        let account = someAccount()
        let mailbox = someMailbox(of: account)
        do {
            try await engine.deleteMailbox(mailbox, of: account)
            #expect(model.mailboxes[mailbox]!.name != "INBOX")
            model.mailboxes[mailbox] = nil
            #expect(try await engine.contents(of: mailbox) == nil)
        } catch {
            try Self.expect(error) { if case .limit = $0 { true } else { false } }
            #expect(model.mailboxes[mailbox]!.name == "INBOX")
        }
    }

    private static func expect(_ error: any Error, _ isExpected: (MailboxError) -> Bool) throws {
        guard let refusal = error as? MailboxError, isExpected(refusal) else { throw error }
    }

    // MARK: Comparison

    mutating func check(_ engine: StorageEngine) async throws {
        for account in Self.accounts {
            let found = try await engine.mailboxes(of: account)
            // INBOX comes with the first use.
            for status in found where model.mailboxes[status.id] == nil {
                #expect(status.name == "INBOX")
                model.create(status)
                uidValidities[account] = status.uidValidity
            }
            #expect(found.map(\.id).sorted() == model.mailboxes(of: account))
            #expect(found.map(\.name) == found.map(\.name).sorted())
            for status in found { try await check(status, engine) }
            let usage = try await engine.usage(of: account)
            #expect(usage.bytes == model.bytes(of: account))
            #expect(usage.messages == Int64(model.count(of: account)))
        }
    }

    private mutating func check(_ status: MailboxStatus, _ engine: StorageEngine) async throws {
        let expected = model.mailboxes[status.id]!
        let contents = try #require(try await engine.contents(of: status.id))
        #expect(contents.status == status)
        #expect(status.name == expected.name)
        #expect(status.uidValidity == expected.uidValidity)
        #expect(status.uidNext == expected.uidNext)
        #expect(status.highestModSequence == expected.modSequence)
        #expect(status.messages == expected.messages.count)
        #expect(status.unseen == expected.messages.values.count { !$0.flags.contains(.seen) })
        let deleted = expected.messages.values.filter { $0.flags.contains(.deleted) }
        #expect(status.deleted == deleted.count)
        #expect(status.deletedBytes == deleted.reduce(0) { $0 + Int64($1.size) })
        #expect(status.bytes == expected.bytes)
        #expect(contents.uids == expected.uids)
        let messages = zip(contents.uids, zip(contents.flags, contents.modSequences)).map {
            FlaggedMessage(uid: $0, flags: $1.0, modSequence: $1.1)
        }
        for message in messages { compare(message, in: status.id, engine) }
        let mirrored = mirror.flags.withLock { $0[status.id] ?? [:] }
        #expect(mirrored.values.sorted { $0.uid < $1.uid } == messages)

        let since = UInt64.random(in: 0...expected.modSequence, using: &dice)
        let vanished = try await engine.vanished(since: since, in: status.id)
        #expect(
            Array(vanished.numbers) == expected.expunged.filter { $0.value > since }.keys.sorted())
    }

    private func compare(_ message: FlaggedMessage, in mailbox: Int64, _ engine: StorageEngine) {
        guard let expected = model.mailboxes[mailbox]!.messages[message.uid] else {
            Issue.record("UID \(message.uid) should not be there")
            return
        }
        #expect(message.flags.system == expected.flags)
        let names = engine.keywords.keywords(of: message.flags.keywords)
        #expect(Set(names.map { $0.lowercased() }) == expected.keywords)
        #expect(names.count == expected.keywords.count)
        #expect(message.modSequence == expected.modSequence)
    }

    func checkBodies(_ engine: StorageEngine) async throws {
        for (id, mailbox) in model.mailboxes {
            let found = try await engine.messages(in: id)
            #expect(found.map(\.uid) == mailbox.uids)
            for message in found {
                let expected = mailbox.messages[message.uid]!
                #expect(message.size == expected.size)
                #expect(
                    try await engine.contents(message)
                        == body(expected.body, size: message.message.size))
                #expect(!mirror.removed.withLock { $0.contains(message.message.id) })
            }
        }
    }
}

extension ModelRun.Mirror {
    fileprivate func apply(_ change: MailboxChange) {
        flags.withLock { mailboxes in
            switch change.kind {
            case .appended(let messages):
                let last = mailboxes[change.mailbox]?.keys.max() ?? 0
                #expect(messages.first!.uid > last)
                for message in messages { mailboxes[change.mailbox, default: [:]][message.uid] = message }
            case .flagged(let messages):
                for message in messages {
                    #expect(mailboxes[change.mailbox]?[message.uid] != nil)
                    mailboxes[change.mailbox]![message.uid] = message
                }
            case .expunged(let uids, _):
                for uid in uids {
                    #expect(mailboxes[change.mailbox]?.removeValue(forKey: uid) != nil)
                }
            case .deleted: mailboxes[change.mailbox] = nil
            case .removed(let ids): removed.withLock { $0.formUnion(ids) }
            default: break
            }
        }
    }
}
