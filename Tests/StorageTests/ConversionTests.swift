import GRDB
import MailModel
import NIOCore
import Testing

@testable import Storage

/// The store knows of each message whether POP3 may have to send another form of it.
@Suite struct ConversionTests {
    private static let texts: [(String, Bool)] = [
        ("Subject: x\r\n\r\nna\u{ef}ve\r\n", false),
        ("Subject: na\u{ef}ve\r\n\r\ny\r\n", true),
        ("Content-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n", true),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ny\r\n--b--\r\n", false),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nSubject: \u{ef}\r\n\r\n--b--\r\n", true),
    ]

    private func marks(_ messages: [MailboxMessage]) -> [Bool] { messages.map(\.mayNeedConversion) }

    @Test func deliveredAndAppended() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let expected = Self.texts.map(\.1)
        for (text, _) in Self.texts {
            // In pieces, as it comes.
            let draft = try engine.makeDraft(sizeHint: nil)
            for octet in text.utf8 { try await draft.append(ByteBuffer(bytes: [octet])) }
            try await engine.accept(draft, envelope: sender, recipients: [local(1)])
        }
        #expect(marks(try await engine.inbox(1)) == expected)
        let other = try await engine.openMailbox(account(1), name: "Other").id
        for (text, _) in Self.texts {
            try await engine.append(ByteBuffer(string: text), to: other, of: account(1))
        }
        #expect(marks(try await engine.messages(in: other)) == expected)
        // A copy has it from the original, whatever becomes of the flags.
        let copies = try await engine.openMailbox(account(1), name: "Copies").id
        _ = try await engine.copy(
            [1, 2, 3, 4, 5], from: other, to: copies, account: account(1), quota: .unlimited)
        _ = try await engine.store(
            FlagChange(operation: .replace, system: .seen, keywords: ["k"]), uids: [1, 2, 3, 4, 5],
            in: copies, account: account(1))
        await engine.close()
        engine = try StorageEngine.open(directory)
        #expect(marks(try await engine.messages(in: copies)) == expected)
        await engine.close()
        try await IndexAudit.check(directory)
    }

    /// The queue knows it, and so does what the log tells after a crash.
    @Test func deliveredLater() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        var ids: [QueueID] = []
        for (text, _) in Self.texts {
            ids.append(try await engine.accept(ByteBuffer(string: text), to: remote(1)))
        }
        await engine.close()
        engine = try StorageEngine.open(directory)
        for id in ids {
            _ = try await engine.update(
                id, [.deliverLocally(number: 0, account: account(1), quota: .unlimited)])
        }
        #expect(marks(try await engine.inbox(1)) == Self.texts.map(\.1))
        await engine.close()
        try await IndexAudit.check(directory)
    }

    /// Messages from before count as they are stored.
    @Test func anOlderIndex() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        try await engine.accept(ByteBuffer(string: Self.texts[1].0), to: local(1))
        try await engine.settle()
        await engine.close()
        let index = try DatabaseQueue(path: directory.path + "/index.sqlite")
        try await index.write { db in
            try db.execute(sql: "ALTER TABLE mailbox_messages DROP COLUMN conversion")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '5'")
        }
        try index.close()
        engine = try StorageEngine.open(directory)
        try await engine.accept(ByteBuffer(string: Self.texts[1].0), to: local(1))
        #expect(marks(try await engine.inbox(1)) == [false, true])
        await engine.close()
        try await IndexAudit.check(directory)
    }
}
