import FuzzSupport
import MailModel
import Storage
import Testing

@testable import MailboxStore

/// What a client knows: only what it was told.
private struct Client {
    var view: MailboxView
    var uids: [UInt32]
    var flags: [UInt32: StoredFlags]

    init(_ mailbox: LiveMailbox) {
        view = MailboxView(mailbox)
        uids = view.uids
        flags = mailbox.withState { state in
            Dictionary(uniqueKeysWithValues: zip(state.uids, state.flags))
        }
    }

    /// Does with the updates what RFC 9051 section 7 tells a client to do.
    mutating func synchronize(allowExpunge: Bool) {
        guard let updates = view.synchronize(allowExpunge: allowExpunge) else { return }
        #expect(allowExpunge || updates.expunged.isEmpty)
        for expunged in updates.expunged {
            #expect(uids[expunged.sequenceNumber - 1] == expunged.uid)
            flags[uids.remove(at: expunged.sequenceNumber - 1)] = nil
        }
        if let exists = updates.exists {
            #expect(exists > uids.count)
            // It fetches what is new.
            for number in uids.count + 1...exists {
                let uid = view.uid(at: number)!
                uids.append(uid)
                view.mailbox.withState { state in
                    state.index(of: uid).map { state.flags[$0] }
                }.map { flags[uid] = $0 }
            }
        }
        for message in updates.flagged {
            #expect(view.sequenceNumber(of: message.uid) != nil)
            flags[message.uid] = message.flags
        }
        #expect(view.uids == uids)
    }

    /// It has removed these itself, and hears of nothing else.
    mutating func remove(_ gone: [UInt32]) {
        for expunged in view.remove(gone) {
            #expect(uids[expunged.sequenceNumber - 1] == expunged.uid)
            flags[uids.remove(at: expunged.sequenceNumber - 1)] = nil
        }
        #expect(view.uids == uids)
    }
}

@Suite struct ViewTests {
    /// Several sessions, random changes, told at random moments: whatever the order, every session
    /// ends with what is in the store.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func sessionsConverge(seed: UInt64) async throws {
        var random = Dice(seed: seed)
        let fixture = try Fixture()
        let id = try await fixture.mailbox("INBOX").id
        let other = try await fixture.mailbox("Other").id
        try await fixture.append(20, to: id)
        let mailbox = try await fixture.store.open(id)
        var clients = (0..<4).map { _ in Client(mailbox) }
        for _ in 0..<400 {
            let uids = mailbox.withState(\.uids)
            let some = uids.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            switch Int.random(in: 0..<8, using: &random) {
            case 0: try await fixture.append(Int.random(in: 1...5, using: &random), to: id)
            case 1 where uids.count > 10:
                let gone = try await fixture.engine.expunge(
                    some, onlyDeleted: Bool.random(using: &random), from: id,
                    account: fixture.account)
                let client = clients.indices.randomElement(using: &random)!
                if Bool.random(using: &random) { clients[client].remove(gone) }
            case 2 where uids.count > 10:
                let moved = try await fixture.engine.move(
                    Array(some.prefix(3)), from: (id, fixture.account), to: (other, fixture.account),
                    quota: .unlimited)
                let client = clients.indices.randomElement(using: &random)!
                clients[client].remove(moved.sources)
            case 1...4:
                let operations: [FlagChange.Operation] = [.add, .remove, .replace]
                let system: [MessageFlags] = [.seen, .deleted, [.flagged, .seen], []]
                let result = try await fixture.engine.store(
                    FlagChange(
                        operation: operations.randomElement(using: &random)!,
                        system: system.randomElement(using: &random)!,
                        keywords: Bool.random(using: &random) ? ["$Label1", "work"] : []),
                    uids: some, in: id, account: fixture.account)
                // The session that did it tells its client itself.
                let client = clients.indices.randomElement(using: &random)!
                for message in result.messages where clients[client].flags[message.uid] != nil {
                    clients[client].flags[message.uid] = message.flags
                }
                clients[client].view.acknowledge(result.messages)
            default:
                let client = clients.indices.randomElement(using: &random)!
                clients[client].synchronize(allowExpunge: Bool.random(using: &random))
            }
        }
        let truth = try #require(try await fixture.engine.contents(of: id))
        #expect(mailbox.withState(\.uids) == truth.uids)
        #expect(mailbox.withState(\.flags) == truth.flags)
        #expect(mailbox.withState(\.modSequences) == truth.modSequences)
        for index in clients.indices {
            clients[index].synchronize(allowExpunge: true)
            #expect(clients[index].uids == truth.uids)
            for (uid, flags) in zip(truth.uids, truth.flags) {
                #expect(clients[index].flags[uid] == flags, "client \(index) UID \(uid)")
            }
            #expect(clients[index].view.synchronize(allowExpunge: true) == nil)
        }
    }

    /// More changes than the journal holds: the comparison gives the same.
    @Test func lateSessionsCompareEverything() async throws {
        let fixture = try Fixture()
        let id = try await fixture.mailbox("INBOX").id
        try await fixture.append(6000, to: id)
        let mailbox = try await fixture.store.open(id)
        var client = Client(mailbox)
        let uids = mailbox.withState(\.uids)
        _ = try await fixture.engine.store(
            FlagChange(operation: .add, system: .seen, keywords: []), uids: uids, in: id,
            account: fixture.account)
        _ = try await fixture.engine.expunge(
            uids.filter { $0 % 2 == 0 }, onlyDeleted: false, from: id, account: fixture.account)
        client.synchronize(allowExpunge: false)
        #expect(client.uids.count == 6000)
        client.synchronize(allowExpunge: true)
        #expect(client.uids == mailbox.withState(\.uids))
        #expect(client.uids.allSatisfy { client.flags[$0]?.system == .seen })
    }

    @Test func changesWakeAndDeletionIsTold() async throws {
        let fixture = try Fixture()
        let id = try await fixture.mailbox("Some").id
        let mailbox = try await fixture.store.open(id)
        let (woken, wake) = AsyncStream<Void>.makeStream()
        let attachment = mailbox.attach { wake.yield() }
        var view = MailboxView(mailbox)
        var wakes = woken.makeAsyncIterator()
        try await fixture.append(1, to: id)
        await wakes.next()
        #expect(view.synchronize(allowExpunge: false)?.exists == 1)
        try await fixture.mailboxes.delete(id)
        await wakes.next()
        #expect(view.synchronize(allowExpunge: true)?.isDeleted == true)
        withExtendedLifetime(attachment) {}
        await #expect(throws: MailboxError.self) { _ = try await fixture.store.open(id) }
    }

    @Test func numbers() async throws {
        let fixture = try Fixture()
        let id = try await fixture.mailbox("INBOX").id
        try await fixture.append(10, to: id)
        _ = try await fixture.engine.expunge(
            [2, 3, 7], onlyDeleted: false, from: id, account: fixture.account)
        let view = MailboxView(try await fixture.store.open(id))
        #expect(view.uids == [1, 4, 5, 6, 8, 9, 10])
        #expect(view.sequenceNumber(of: 8) == 5)
        #expect(view.sequenceNumber(of: 7) == nil)
        #expect(view.uid(at: 7) == 10)
        #expect(view.uid(at: 0) == nil)
        #expect(view.uid(at: 8) == nil)
        #expect(view.uids(atSequenceNumbers: UIDSet([2...3, 7...7])) == [4, 5, 10])
        #expect(view.uids(atSequenceNumbers: UIDSet([7...8])) == nil)
        #expect(view.uids(in: UIDSet([2...5, 7...8, 10...UInt32.max])) == [4, 5, 8, 10])
        #expect(view.uids(in: UIDSet([1...UInt32.max])) == view.uids)
        #expect(view.uids(in: UIDSet([11...20])) == [])
    }

    @Test func watchersSeeTheAccount() async throws {
        let fixture = try Fixture()
        let (woken, wake) = AsyncStream<Void>.makeStream()
        let watcher = fixture.store.watch(fixture.account) { wake.yield() }
        let id = try await fixture.mailbox("New").id
        try await fixture.append(1, to: id)
        var wakes = woken.makeAsyncIterator()
        await wakes.next()
        let (changes, overflowed) = watcher.takeChanges()
        #expect(!overflowed)
        #expect(changes.contains { if case .created("New") = $0.kind { true } else { false } })
        #expect(changes.contains { if case .appended = $0.kind { $0.mailbox == id } else { false } })
        #expect(watcher.takeChanges().changes.isEmpty)
    }

    @Test func defaultMailboxesAreMadeOnce() async throws {
        let fixture = try Fixture()
        try await fixture.mailboxes.ensureDefaults()
        let names = try await fixture.mailboxes.list().map(\.name)
        #expect(Set(names) == Set(AccountMailboxes.defaults.map(\.name)))
        #expect(try await fixture.mailboxes.subscriptions() == Set(names))
        let junk = try #require(try await fixture.mailboxes.mailbox(named: "Junk"))
        #expect(junk.specialUses == [.junk])
        try await fixture.mailboxes.delete(junk.id)
        let again = MailboxStore(storage: fixture.engine).mailboxes(of: fixture.account)
        try await again.ensureDefaults()
        #expect(try await again.mailbox(named: "Junk") == nil)
    }
}
