import GRDB
import MailModel
import Testing

@testable import Storage

/// Changes that the index refuses: a caller's fails alone, the log's is tried until it succeeds.
@Suite struct IndexFailureTests {
    @Test func oneFailingChangeFailsAlone() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        for number in 1...4 { try await engine.accept(body(number), to: local(UInt64(number))) }
        try await engine.settle()
        let meddler = try directory.meddler()
        try await meddler.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER no BEFORE DELETE ON mailbox_messages WHEN OLD.mailbox = 2
                    BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        let refused = await withTaskGroup(of: UInt64?.self) { group in
            for user: UInt64 in 1...4 {
                group.addTask {
                    do {
                        let mailbox = try await engine.openMailbox(account(user), name: "INBOX")
                        try await engine.expunge([1], from: mailbox.id, account: account(user))
                        return nil
                    } catch { return user }
                }
            }
            return await group.reduce(into: [UInt64]()) { if let user = $1 { $0.append(user) } }
        }
        #expect(refused == [2])
        for user: UInt64 in 1...4 {
            #expect(try await engine.inbox(user).count == (user == 2 ? 1 : 0))
            #expect(try await engine.usage(of: account(user)).messages == (user == 2 ? 1 : 0))
        }
        try meddler.close()
        await engine.close()
    }

    @Test func whatTheLogTellsIsTriedAgainInOrder() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        try await engine.accept(body(0), to: local(1))
        try await engine.settle()
        let meddler = try directory.meddler()
        try await meddler.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER no BEFORE INSERT ON mailbox_messages WHEN NEW.mailbox = 1
                    BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        var changes = engine.changes().makeAsyncIterator()
        var ids: [QueueID] = []
        for number in 1...3 {
            ids.append(try await engine.accept(body(number), to: local(1), local(2)))
        }
        // Others' changes go on meanwhile.
        #expect(try await engine.openMailbox(account(3), name: "INBOX").messages == 0)
        let second = try await engine.openMailbox(account(2), name: "INBOX")
        #expect(try await engine.messages(in: second.id).isEmpty)
        try await meddler.write { try $0.execute(sql: "DROP TRIGGER no") }
        var last: UInt32 = 0
        while last < 4, let change = await changes.next() {
            if case .appended(let messages) = change.kind, change.account == account(1) {
                last = messages.last!.uid
            }
        }
        #expect(try await engine.inbox(1).map(\.message.id).dropFirst() == ids[...])
        #expect(try await engine.inbox(2).map(\.message.id) == ids)
        try meddler.close()
        await engine.close()
    }
}
