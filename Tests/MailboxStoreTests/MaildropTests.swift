import MailModel
import NIOCore
import Storage
import Testing

@testable import MailboxStore

/// A mailbox of three messages in memory.
private final class FakeStorage: MailboxStorage {
    let expunged = AsyncStream<[UInt32]>.makeStream()

    func listInbox(of account: AccountID) async throws(MailError) -> MailboxListing {
        MailboxListing(
            status: try await openMailbox(account, name: "INBOX"),
            messages: try await messages(in: 7))
    }

    func openMailbox(_ account: AccountID, name: String) async throws(MailError) -> MailboxStatus {
        guard account.low != 13 else { throw .localProblem("unlucky") }
        return MailboxStatus(
            id: 7, name: name, uidValidity: 42, uidNext: 10, highestModSequence: 9, messages: 3,
            bytes: 60)
    }

    func messages(in mailbox: Int64) async throws(MailError) -> [MailboxMessage] {
        [3, 4, 9].map { uid in
            MailboxMessage(
                uid: uid, message: MessageReference(id: QueueID(rawValue: UInt64(uid)), size: 10),
                deliveryHeader: Array("Head: \(uid)\r\n".utf8), flags: [], modSequence: 1,
                internalDate: Timestamp(milliseconds: 0))
        }
    }

    func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError)
        -> ByteBuffer
    {
        ByteBuffer(bytes: Array("0123456789".utf8)[range.clamped(to: 0..<10)])
    }

    func expunge(_ uids: [UInt32], from mailbox: Int64, account: AccountID) async throws(MailError)
    {
        guard account.low != 14 else { throw .localProblem("disk") }
        expunged.continuation.yield(uids)
    }

    func usage(of account: AccountID) async throws(MailError) -> (bytes: Int64, messages: Int64) {
        (60, 3)
    }

    func changes() -> AsyncStream<MailboxChange> { AsyncStream { $0.finish() } }
}

@Suite struct MaildropTests {
    private let storage = FakeStorage()
    private let store: MailboxStore
    private let account = AccountID(high: 0, low: 1)

    init() { store = MailboxStore(storage: storage) }

    @Test func showsTheListing() async throws {
        let maildrop = try await store.openMaildrop(account: account)
        #expect(maildrop.uidValidity == 42)
        #expect(maildrop.messages.map(\.uid) == [3, 4, 9])
        #expect(maildrop.messages.map(\.size) == [19, 19, 19])
        let bytes = try await maildrop.read(maildrop.messages[0], 2..<5)
        #expect(bytes == ByteBuffer(string: "234"))
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
        for low: UInt64 in [13, 13] {
            await #expect {
                _ = try await store.openMaildrop(account: AccountID(high: 0, low: low))
            } throws: { if case MaildropError.unavailable = $0 { true } else { false } }
        }
    }

    @Test func removesUnderTheLock() async throws {
        let maildrop = try await store.openMaildrop(account: account)
        try await maildrop.remove([3, 9])
        var expunged = storage.expunged.stream.makeAsyncIterator()
        #expect(await expunged.next() == [3, 9])
        await #expect(throws: MaildropError.self) {
            _ = try await store.openMaildrop(account: account)
        }
        maildrop.close()
        let unlucky = try await store.openMaildrop(account: AccountID(high: 0, low: 14))
        await #expect(throws: MailError.self) { try await unlucky.remove([3]) }
    }

    @Test func quotaIsToldEarly() async throws {
        #expect(try await !store.isFull(account, quota: .unlimited, size: 1000))
        #expect(try await !store.isFull(account, quota: Quota(bytes: 70, messages: 4), size: 10))
        #expect(try await store.isFull(account, quota: Quota(bytes: 70, messages: nil), size: 11))
        #expect(try await store.isFull(account, quota: Quota(bytes: nil, messages: 3), size: 1))
    }
}
