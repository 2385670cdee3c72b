import MailModel
import NIOCore
import Storage
import Testing

@testable import MailboxStore

@Suite struct MaildropTests {
    private let fixture: Fixture
    private var store: MailboxStore { fixture.store }
    private var account: AccountID { fixture.account }

    init() throws { fixture = try Fixture() }

    private func fill() async throws {
        try await fixture.append(3, to: fixture.mailbox("INBOX").id)
    }

    @Test func showsTheListing() async throws {
        try await fill()
        let maildrop = try await store.openMaildrop(account: account)
        #expect(maildrop.messages.map(\.uid) == [1, 2, 3])
        #expect(maildrop.messages.map(\.size) == [20, 20, 20])
        let bytes = try await maildrop.read(maildrop.messages[0], 2..<5)
        #expect(bytes == ByteBuffer(string: "bje"))
    }

    @Test func onlyOneSessionAtATime() async throws {
        var first: LockedMaildrop? = try await store.openMaildrop(account: account)
        await #expect { _ = try await store.openMaildrop(account: account) } throws: {
            if case MaildropError.locked = $0 { true } else { false }
        }
        _ = try await store.openMaildrop(account: AccountID(high: 0, low: 2))
        first?.close()
        var second: LockedMaildrop? = try await store.openMaildrop(account: account)
        // The first one's end must not release the second one's lock.
        first = nil
        await #expect(throws: MaildropError.self) {
            _ = try await store.openMaildrop(account: account)
        }
        #expect(second != nil)
        second = nil
        _ = try await store.openMaildrop(account: account)
    }

    @Test func failuresGiveTheLockBack() async throws {
        await fixture.engine.close()
        for _ in 1...2 {
            await #expect {
                _ = try await store.openMaildrop(account: account)
            } throws: { if case MaildropError.unavailable = $0 { true } else { false } }
        }
    }

    @Test func removesUnderTheLock() async throws {
        try await fill()
        let maildrop = try await store.openMaildrop(account: account)
        try await maildrop.remove([1, 3])
        await #expect(throws: MaildropError.self) {
            _ = try await store.openMaildrop(account: account)
        }
        maildrop.close()
        let next = try await store.openMaildrop(account: account)
        #expect(next.messages.map(\.uid) == [2])
        await fixture.engine.close()
        await #expect(throws: MailError.self) { try await next.remove([2]) }
    }

    @Test func quotaIsToldEarly() async throws {
        try await fill()
        #expect(try await !store.isFull(account, quota: .unlimited, size: 1000))
        #expect(try await !store.isFull(account, quota: Quota(bytes: 70, messages: 4), size: 10))
        #expect(try await store.isFull(account, quota: Quota(bytes: 70, messages: nil), size: 11))
        #expect(try await store.isFull(account, quota: Quota(bytes: nil, messages: 3), size: 1))
    }
}
