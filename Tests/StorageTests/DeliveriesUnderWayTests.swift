import GRDB
import MailModel
import Testing

@testable import Storage

/// Who looks after a message was accepted finds it, whatever else is going on.
@Suite struct DeliveriesUnderWayTests {
    @Test(arguments: [1, 16])
    func whatWasAcceptedBeforeIsThere(_ sessions: Int) async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for session in 1...sessions {
                group.addTask {
                    let user = UInt64(session)
                    for count in 1...20 {
                        try await engine.accept(body(count), to: local(user), remote(1), local(99))
                        await engine.finishDeliveries(to: account(user))
                        #expect(try await engine.listInbox(of: account(user)).messages.count == count)
                    }
                }
            }
            try await group.waitForAll()
        }
        await engine.finishDeliveries(to: account(99))
        #expect(try await engine.listInbox(of: account(99)).messages.count == 20 * sessions)
        #expect(engine.core.deliveries.last(for: account(99)) == nil)
        await engine.close()
    }

    @Test func othersAreNotWaitedFor() async throws {
        let deliveries = DeliveriesUnderWay()
        deliveries.begin([local(1), remote(2)], end: LogPosition(segment: 1, offset: 100))
        deliveries.begin([local(1)], end: LogPosition(segment: 1, offset: 200))
        deliveries.begin([local(3)], end: LogPosition(segment: 2, offset: 50))
        #expect(deliveries.last(for: account(1)) == LogPosition(segment: 1, offset: 200))
        #expect(deliveries.last(for: account(2)) == nil)
        deliveries.made(through: LogPosition(segment: 1, offset: 200))
        #expect(deliveries.last(for: account(1)) == nil)
        #expect(deliveries.last(for: account(3)) == LogPosition(segment: 2, offset: 50))
        await deliveries.wait(through: LogPosition(segment: 1, offset: 200))
    }

    /// A client is not kept waiting for an index that can't be written.
    @Test func anIndexThatFailsIsNotWaitedFor() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        try await engine.accept(body(0), to: local(1))
        try await engine.settle()
        let meddler = try directory.meddler()
        try await meddler.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER no BEFORE INSERT ON mailbox_messages
                    BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        try await engine.accept(body(1), to: local(1))
        await engine.finishDeliveries(to: account(1))
        #expect(try await engine.listInbox(of: account(1)).messages.count == 1)
        try await meddler.write { try $0.execute(sql: "DROP TRIGGER no") }
        try meddler.close()
        #expect(try await engine.inbox(1).count == 2)
        await engine.close()
    }
}
