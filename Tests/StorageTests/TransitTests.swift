import GRDB
import MailModel
import NIOCore
import Testing

@testable import Storage

/// Messages for elsewhere that are delivered before the index hears of them.
@Suite struct TransitTests {
    private let failure = MailError(451, .init(4, 4, 1), "No answer")

    /// Nothing gets rows because of its age.
    private static func forever(_ configuration: inout StorageConfiguration) {
        configuration.transitTime = .seconds(86_400)
    }

    private func open(
        _ directory: TemporaryDirectory, _ adjust: (inout StorageConfiguration) -> Void = forever
    ) throws -> StorageEngine {
        try StorageEngine.open(directory, SystemFileSystem(), adjust)
    }

    @Test func whatIsDeliveredAtOnceLeavesNoRow() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        var pending = engine.pendingEntries.makeAsyncIterator()
        let id = try await engine.accept(body(1), to: remote(1))
        let entry = try #require(await pending.next())
        #expect(entry.id == id)
        #expect(entry.recipients.map(\.number) == [0])
        #expect(try await engine.read(entry.message, 0..<500) == body(1))
        #expect(try await engine.entry(id)?.recipients.map(\.routed) == [remote(1)])
        try await engine.settle()
        #expect(try await engine.rows() == ["messages": 0, "queue": 0, "transit": 1])

        #expect(try await engine.update(id, [.complete(number: 0)]).map(\.name) == ["recorded"])
        #expect(try await engine.entry(id) == nil)
        await #expect(throws: MailError.self) { try await engine.read(entry.message, 0..<10) }
        #expect(try await engine.update(id, [.complete(number: 0)]).map(\.name) == ["gone"])
        try await engine.settle()
        #expect(try await engine.rows() == ["messages": 0, "queue": 0, "transit": 0])
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
        let again = try open(directory)
        #expect(try await again.entries(after: nil, limit: 9).isEmpty)
        await again.close()
    }

    @Test func whatTheServerDoesNotGetDoneIsKeptByTheIndex() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        let id = try await engine.accept(body(1), to: remote(0), remote(1), remote(2))
        #expect(
            try await engine.update(id, [.complete(number: 1), .complete(number: 7)]).map(\.name)
                == ["recorded", "gone"])
        #expect(try await engine.entry(id)?.recipients.map(\.number) == [0, 2])
        await engine.close()
        let again = try open(directory)
        let entry = try #require(try await again.entry(id))
        #expect(entry.recipients.map(\.number) == [0, 2])
        #expect(entry.recipients.map(\.routed) == [remote(0), remote(2)])
        #expect(try await again.read(entry.message, 0..<500) == body(1))
        #expect(try await again.rows() == ["messages": 1, "queue": 1, "transit": 0])
        await again.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    @Test func whateverElseHappensIsRecordedInTheIndex() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        let later = Timestamp(milliseconds: 9_000_000_000_000)
        let updates: [RecipientUpdate] = [
            .postpone(number: 1, until: later, failure, delayReported: false),
            .fail(number: 1, failure), .hold(number: 1), .replace(number: 1, with: [remote(8)]),
            .deliverLocally(number: 1, account: account(1), quota: .unlimited),
        ]
        var pending = engine.pendingEntries.makeAsyncIterator()
        for update in updates {
            let id = try await engine.accept(body(1), to: remote(0), remote(1), remote(2))
            #expect(await pending.next()?.id == id)
            _ = try await engine.update(id, [.complete(number: 0)])
            #expect(try await engine.update(id, [update]).map(\.name) == ["recorded"])
            let numbers = try #require(try await engine.entry(id)).recipients.map(\.number)
            #expect(!numbers.contains(0) && numbers.contains(2))
            #expect(try await engine.rows()["queue"] == 1)
            _ = try await engine.update(id, numbers.map { .complete(number: $0) })
            #expect(try await engine.entry(id) == nil)
        }
        #expect(try await engine.inbox(1).count == 1)
        // Nothing was announced a second time.
        let last = try await engine.accept(body(2), to: remote(1))
        #expect(await pending.next()?.id == last)
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    @Test func whatIsNotDeliveredSoonGetsRows() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory) { $0.transitTime = .milliseconds(20) }
        var pending = engine.pendingEntries.makeAsyncIterator()
        let id = try await engine.accept(body(1), to: remote(0), remote(1))
        #expect(await pending.next()?.id == id)
        while try await engine.rows()["queue"] == 0 {
            #expect(try await engine.entry(id) != nil)
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(try await engine.update(id, [.complete(number: 0)]).map(\.name) == ["recorded"])
        #expect(try await engine.entry(id)?.recipients.map(\.number) == [1])
        let next = try await engine.accept(body(2), to: remote(0))
        #expect(await pending.next()?.id == next)
        await engine.close()
    }

    @Test func mailboxesFilesOfTheirOwnAndTheFutureGoByTheIndex() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory) {
            Self.forever(&$0)
            $0.largeMessageThreshold = 1_000
        }
        try await engine.accept(body(1), to: remote(1), local(1))
        try await engine.accept(body(2, size: 2_000), to: remote(1))
        var envelope = sender
        envelope.releaseAt = .now + .seconds(3600)
        try await engine.accept(body(3), envelope, to: remote(1))
        try await engine.accept(body(4), to: recipient("x@example.org", .unresolved))
        try await engine.accept(engine.draft(body(5)), envelope: sender, recipients: [])
        try await engine.settle()
        #expect(try await engine.rows() == ["messages": 3, "queue": 3, "transit": 1])
        await engine.close()
    }

    @Test func manyInTransitAreNotKept() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        let everybody = (0..<600).map { remote($0) }
        for number in 0..<30 {
            let draft = try await engine.draft(body(number))
            try await engine.accept(draft, envelope: sender, recipients: everybody)
        }
        try await engine.settle()
        #expect(try await engine.rows() == ["messages": 3, "queue": 3, "transit": 27])
        let entries = try await engine.entries(after: nil, limit: 1_000)
        #expect(entries.count == 30)
        #expect(entries.allSatisfy { $0.recipients.count == 600 })
        await engine.close()
    }

    @Test func readersSeeBoth() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        var ids: [QueueID] = []
        for number in 0..<9 {
            ids.append(try await engine.accept(body(number), to: remote(number)))
            if number % 2 == 0 { _ = try await engine.update(ids[number], [.hold(number: 0)]) }
        }
        #expect(try await engine.rows()["queue"] == 5)
        var found: [QueueID] = []
        while case let page = try await engine.entries(after: found.last, limit: 2), !page.isEmpty {
            #expect(page.count <= 2)
            found += page.map(\.id)
        }
        #expect(found == ids)
        for (number, id) in ids.enumerated() {
            let entry = try #require(try await engine.entry(id))
            #expect(try await engine.read(entry.message, 0..<500) == body(number))
        }
        let depth = try await engine.queueDepth()
        #expect(depth.parts[.active]?.recipients == 4)
        #expect(depth.parts[.hold]?.recipients == 5)
        let (first, second) = (try await engine.entry(ids[1]), try await engine.entry(ids[0]))
        #expect(depth.parts[.active]?.oldest == first?.arrival)
        #expect(depth.parts[.hold]?.oldest == second?.arrival)
        await engine.close()
    }

    /// As when the rows are committed and the message has not left here yet.
    @Test func whatIsInBothCountsOnce() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        let moving = try await engine.accept(body(1), to: remote(1), remote(2))
        let entry = try #require(try await engine.entry(moving))
        _ = try await engine.update(moving, [.hold(number: 0)])
        #expect(try await engine.rows()["queue"] == 1)
        let position = LogPosition(segment: 0, offset: 0)
        _ = engine.core.transit.insert(
            AcceptedMessage(
                id: moving, size: entry.message.size, isLarge: false, arrival: entry.arrival,
                envelope: entry.envelope, recipients: entry.recipients.map(\.routed)),
            body: position)
        _ = try await engine.accept(body(2), to: remote(3))
        let depth = try await engine.queueDepth()
        #expect(depth.parts[.hold]?.recipients == 1)
        #expect(depth.parts[.active]?.recipients == 2)
        engine.core.transit.remove([moving])
        await engine.close()
    }

    @Test func aViewFromOutsideSeesBoth() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        var ids: [QueueID] = []
        for number in 0..<6 {
            ids.append(try await engine.accept(body(number), to: remote(number), remote(9)))
            if number % 3 == 0 { _ = try await engine.update(ids[number], [.hold(number: 0)]) }
            if number % 3 == 1 { _ = try await engine.update(ids[number], [.complete(number: 0)]) }
            if number == 3 { try await engine.settle() }
        }
        let gone = try await engine.accept(body(7), to: remote(1))
        _ = try await engine.update(gone, [.complete(number: 0)])
        for isRunning in [true, false] {
            if !isRunning { await engine.close() }
            let view = try QueueView(directory: directory.path)
            let entries = try await view.entries(after: nil, limit: 1_000)
            #expect(entries.map(\.id) == ids)
            #expect(
                entries.map { $0.recipients.map(\.number) }
                    == [[0, 1], [1], [0, 1], [0, 1], [1], [0, 1]])
            for (number, entry) in entries.enumerated() {
                #expect(try await view.read(entry.message, 0..<500) == body(number))
                #expect(try await view.entry(entry.id)?.envelope == sender)
            }
            for (side, domain) in [(QueueSide.sender, "example.com"), (.recipient, "example.net")] {
                let states = try await view.reduce(side, into: [QueueState]()) { states, glimpse in
                    #expect(glimpse.domain == domain)
                    states.append(glimpse.state)
                }
                #expect(states.count == 10)
                #expect(states.filter { $0 == .hold }.count == 2)
            }
            view.close()
        }
    }

    @Test func aSnapshotHasThem() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory) {
            Self.forever(&$0)
            $0.segmentSize = 5_000
        }
        var left: [QueueID: [Int]] = [:]
        for number in 0..<60 {
            let id = try await engine.accept(body(number), to: remote(0), remote(1))
            let numbers = number % 10 == 0 ? [1] : [0, 1]
            _ = try await engine.update(id, numbers.map { .complete(number: $0) })
            if number % 10 == 0 { left[id] = [0] }
            if number % 25 == 0 { try await engine.settle() }
        }
        let snapshot = try StateSnapshot(of: directory.path)
        #expect(snapshot.missing == [])
        #expect(try StateCheck(snapshot).run().findings.filter { $0.severity != .note } == [])
        let target = try SnapshotTests.copy(snapshot)
        snapshot.close()
        let report = try StateCheck(offline: target.path).run()
        #expect(report.findings.filter { $0.severity != .note } == [])
        #expect(report.unapplied == snapshot.unapplied)
        let restored = try open(target)
        let entries = try await restored.entries(after: nil, limit: 1_000)
        #expect(
            Dictionary(uniqueKeysWithValues: entries.map { ($0.id, $0.recipients.map(\.number)) })
                == left)
        for (index, entry) in entries.enumerated() {
            #expect(try await restored.read(entry.message, 0..<500) == body(index * 10))
        }
        await restored.close()
        #expect(try StateCheck(offline: target.path).run().findings == [])
        await engine.close()
    }

    @Test func oneThatTheLogHasNotIsDamage() async throws {
        let directory = TemporaryDirectory()
        var engine = try open(directory)
        let id = try await engine.accept(body(1), to: remote(0))
        _ = try await engine.update(id, [.complete(number: 0)])
        await engine.close()
        let index = try DatabaseQueue(path: directory.path + "/index.sqlite")
        let missing = "0000000000000009" + "0000000000000001" + "000000000000001c"
        try await index.write { try $0.execute(sql: "UPDATE transit SET messages = x'\(missing)'") }
        #expect(
            try StateCheck(offline: directory.path).run().findings.map(\.subject)
                == ["message \(QueueID(rawValue: 9))"])
        try await index.write { try $0.execute(sql: "UPDATE transit SET messages = x'01'") }
        #expect(try StateCheck(offline: directory.path).run().isDamaged)
        try await index.write { try $0.execute(sql: "UPDATE transit SET messages = x'\(missing)'") }
        try index.close()
        engine = try open(directory)
        #expect(try await engine.entries(after: nil, limit: 9).isEmpty)
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    /// A reader that goes over the queue while messages get their rows never misses one.
    @Test func noReaderMissesAMessageThatMoves() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        for round in 0..<100 {
            let id = try await engine.accept(body(round), to: remote(0), remote(1))
            async let update = engine.update(id, [.hold(number: 0)])
            for _ in 0..<5 {
                #expect(try await engine.entry(id) != nil)
                #expect(try await engine.entries(after: nil, limit: 1_000).map(\.id).contains(id))
            }
            _ = try await update
        }
        #expect(try await engine.entries(after: nil, limit: 1_000).count == 100)
        await engine.close()
    }

    @Test func recipientsAreSettledFromManyTasks() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        for round in 0..<10 {
            let id = try await engine.accept(
                body(round), to: remote(0), remote(1), remote(2), remote(3))
            let recorded = try await withThrowingTaskGroup(of: Bool.self) { group in
                // Each by two.
                for task in 0..<8 {
                    group.addTask {
                        try await engine.update(id, [.complete(number: task % 4)]).first?.name
                            == "recorded"
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(recorded == 4)
            #expect(try await engine.entry(id) == nil)
        }
        try await engine.settle()
        #expect(try await engine.rows() == ["messages": 0, "queue": 0, "transit": 0])
        await engine.close()
    }

    /// Completions and everything else, at once: each recipient is settled once.
    @Test func completionsMeetOtherUpdates() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        for round in 0..<30 {
            let id = try await engine.accept(
                body(round), to: remote(0), remote(1), remote(2), remote(3))
            let updates = [
                .hold(number: 3), .complete(number: 0), .complete(number: 1),
                RecipientUpdate.complete(number: 2),
            ]
            try await withThrowingTaskGroup(of: [String].self) { group in
                for update in updates {
                    group.addTask { try await engine.update(id, [update]).map(\.name) }
                }
                for try await results in group { #expect(results == ["recorded"]) }
            }
            #expect(try await engine.entry(id)?.recipients.map(\.state) == [.hold])
            #expect(try await engine.entry(id)?.recipients.map(\.number) == [3])
        }
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    @Test func segmentsThatNobodyNeedsGoWhileTheServerRuns() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory) {
            Self.forever(&$0)
            $0.segmentSize = 10_000
        }
        let first = try await engine.accept(body(0), to: remote(0), remote(1))
        for number in 1..<100 {
            let id = try await engine.accept(body(number), to: remote(number))
            _ = try await engine.update(id, [.complete(number: 0)])
        }
        try await engine.settle()
        // All that came since the first is kept with it: it may be about it.
        #expect(try directory.names(in: "spool").count > 5)
        let entry = try #require(try await engine.entry(first))
        #expect(try await engine.read(entry.message, 0..<500) == body(0))
        _ = try await engine.update(first, [.complete(number: 0)])
        _ = try await engine.update(first, [.complete(number: 1)])
        try await engine.settle()
        // The newest, one made ahead, and the lock of snapshots.
        while try directory.names(in: "spool").count > 3 { try await Task.sleep(for: .milliseconds(1)) }
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    @Test func updatesWaitForRowsThatCanNotBeMadeYet() async throws {
        let directory = TemporaryDirectory()
        let engine = try open(directory)
        let id = try await engine.accept(body(1), to: remote(0), remote(1))
        try await engine.settle()
        let meddler = try directory.meddler()
        try await meddler.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER no BEFORE INSERT ON queue
                    BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        async let held = engine.update(id, [.hold(number: 0)])
        while engine.core.transit.isWaiting(id) { try await Task.sleep(for: .milliseconds(1)) }
        async let completed = engine.update(id, [.complete(number: 1)])
        // Others' changes go on meanwhile.
        #expect(try await engine.openMailbox(account(3), name: "INBOX").messages == 0)
        #expect(try await engine.entry(id)?.recipients.map(\.state) == [.active, .active])
        try await meddler.write { try $0.execute(sql: "DROP TRIGGER no") }
        #expect(try await held.map(\.name) == ["recorded"])
        #expect(try await completed.map(\.name) == ["recorded"])
        #expect(try await engine.entry(id)?.recipients.map(\.state) == [.hold])
        try meddler.close()
        await engine.close()
        #expect(try StateCheck(offline: directory.path).run().findings == [])
    }

    /// The log takes nothing: the index records what happened.
    @Test func aFailingLogLeavesItToTheIndex() async throws {
        let directory = TemporaryDirectory()
        let disk = FaultyFileSystem()
        var engine = try StorageEngine.open(directory, disk, Self.forever)
        let id = try await engine.accept(body(1), to: remote(0), remote(1), remote(2))
        _ = try await engine.update(id, [.complete(number: 2)])
        disk.fail { call, _ in call == .sync || call == .truncate ? 5 : nil }
        #expect(try await engine.update(id, [.complete(number: 0)]).map(\.name) == ["recorded"])
        #expect(try await engine.entry(id)?.recipients.map(\.number) == [1])
        disk.fail(nil)
        #expect(try await engine.rows()["queue"] == 1)
        await engine.close()
        engine = try StorageEngine.open(directory, FaultyFileSystem(disk.image), Self.forever)
        #expect(try await engine.entry(id)?.recipients.map(\.number) == [1])
        await engine.close()
    }
}

extension RecipientResult {
    fileprivate var name: String { "\(self)" }
}

extension StorageEngine {
    /// What the index has.
    fileprivate func rows() async throws -> [String: Int] {
        try await core.reader.read { db in
            var rows = ["transit": try TransitSet(db).starts.count]
            for table in ["messages", "queue"] {
                rows[table] = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
            }
            return rows
        }
    }
}
