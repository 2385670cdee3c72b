import MailModel
import NIOCore
import Testing

@testable import Storage

@Suite struct StorageEngineTests {
    @Test func aMessageIsDeliveredAndRead() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let id = try await engine.accept(body(1), to: local(1), local(2))
        for number: UInt64 in [1, 2] {
            let messages = try await engine.inbox(number)
            #expect(messages.map(\.uid) == [1])
            #expect(messages[0].message == MessageReference(id: id, size: 500))
            #expect(
                String(decoding: messages[0].deliveryHeader, as: UTF8.self)
                    == "Return-Path: <sender@example.com>\r\nDelivered-To: user\(number)@example.org\r\n"
            )
            #expect(try await engine.contents(messages[0]) == body(1))
            #expect(
                try await engine.read(messages[0].message, 10..<20)
                    == body(1).getSlice(at: 10, length: 10))
            #expect(try await engine.read(messages[0].message, 490..<900).readableBytes == 10)
        }
        #expect(try await engine.entries(after: nil, limit: 10).isEmpty)
        await engine.close()
    }

    @Test func everythingSurvivesARestart() async throws {
        let directory = TemporaryDirectory()
        var engine = try StorageEngine.open(directory)
        let first = try await engine.accept(body(1), to: local(1))
        let second = try await engine.accept(body(2), to: remote(1), local(1))
        await engine.close()
        engine = try StorageEngine.open(directory)
        let messages = try await engine.inbox(1)
        #expect(messages.map(\.message.id) == [first, second])
        #expect(messages.map(\.uid) == [1, 2])
        #expect(try await engine.contents(messages[1]) == body(2))
        let entries = try await engine.entries(after: nil, limit: 10)
        #expect(entries.map(\.id) == [second])
        #expect(entries[0].recipients.map(\.number) == [0])
        #expect(entries[0].envelope == sender)
        let third = try await engine.accept(body(3), to: local(1))
        #expect(third > second)
        #expect(try await engine.inbox(1).map(\.uid) == [1, 2, 3])
        await engine.close()
    }

    @Test func manyAtOnceShareCommitsAndArriveOnce() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<32 {
                group.addTask {
                    for number in 0..<20 {
                        try await engine.accept(
                            body(task * 100 + number), to: local(UInt64(task % 4)))
                    }
                }
            }
            try await group.waitForAll()
        }
        for number: UInt64 in 0..<4 {
            let messages = try await engine.inbox(number)
            #expect(messages.map(\.uid) == Array(1...160))
            #expect(Set(messages.map(\.message.id)).count == 160)
            let usage = try await engine.usage(of: account(number))
            #expect(usage.messages == 160)
            #expect(usage.bytes == Int64(messages.map(\.size).reduce(0, +)))
        }
        await engine.close()
    }

    @Test func aSecondEngineOnTheDirectoryIsRefused() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        #expect(throws: StorageError.self) { try StorageEngine.open(directory) }
        await engine.close()
        await engine.close()
        let next = try StorageEngine.open(directory)
        await next.close()
    }

    @Test func afterCloseEverythingIsRefused() async throws {
        let directory = TemporaryDirectory()
        let engine = try StorageEngine.open(directory)
        let draft = try engine.makeDraft(sizeHint: nil)
        await engine.close()
        #expect(throws: MailError.self) { try engine.makeDraft(sizeHint: nil) }
        await #expect(throws: MailError.self) {
            try await engine.accept(draft, envelope: sender, recipients: [local(1)])
        }
        await #expect(throws: MailError.self) { try await engine.entries(after: nil, limit: 1) }
    }
}
