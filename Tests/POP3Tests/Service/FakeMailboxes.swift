import MailModel
import NIOCore
import Storage
import Synchronization

/// Every account's INBOX, in memory; all share one list of messages.
final class FakeMailboxes: MailboxStorage {
    struct State {
        var messages: [UInt32: String]
        /// Reads beyond this offset fail.
        var readableOctets = Int.max
        var expungeFails = false
        var reads = 0
    }

    static let deliveryHeader = "Return-Path: <x@y>\r\n"
    let state: Mutex<State>

    init(_ messages: [String]) {
        let numbered = messages.enumerated().map { (UInt32($0.offset + 1), $0.element) }
        state = Mutex(State(messages: Dictionary(uniqueKeysWithValues: numbered)))
    }

    func finishDeliveries(to account: AccountID) async {}

    func listInbox(of account: AccountID) async throws(MailError) -> MailboxListing {
        MailboxListing(status: Self.status(of: account), messages: listed)
    }

    private static func status(of account: AccountID) -> MailboxStatus {
        MailboxStatus(
            id: 5, account: account, name: "INBOX", uidValidity: 99, uidNext: 100,
            highestModSequence: 1, messages: 0, unseen: 0, deleted: 0, deletedBytes: 0, bytes: 0,
            specialUses: [], recentFrom: 1)
    }

    private var listed: [MailboxMessage] {
        state.withLock { state in
            state.messages.sorted { $0.key < $1.key }.map { uid, text in
                MailboxMessage(
                    uid: uid,
                    message: MessageReference(id: QueueID(rawValue: UInt64(uid)), size: text.utf8.count),
                    deliveryHeader: Array(Self.deliveryHeader.utf8), flags: StoredFlags(),
                    modSequence: 1, internalDate: Timestamp(milliseconds: 0),
                    savedDate: Timestamp(milliseconds: 0),
                    mayNeedConversion: text.contains("binary") || !text.utf8.allSatisfy { $0 < 0x80 })
            }
        }
    }

    func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError) -> ByteBuffer {
        let (text, limit) = state.withLock {
            $0.reads += 1
            return ($0.messages[UInt32(message.id.rawValue)], $0.readableOctets)
        }
        guard let text, range.upperBound <= limit else { throw .localProblem("no such bytes") }
        return ByteBuffer(bytes: Array(text.utf8)[range])
    }

    func hold(_ message: MessageReference) async throws(MailError) -> MessageHold? { nil }

    @discardableResult
    func expunge(
        _ uids: [UInt32], onlyDeleted: Bool, from mailbox: Int64, account: AccountID
    ) async throws(MailboxError) -> [UInt32] {
        guard !state.withLock({ $0.expungeFails }) else {
            throw .unavailable(.localProblem("disk on fire"))
        }
        return state.withLock { state in
            uids.filter { state.messages.removeValue(forKey: $0) != nil }
        }
    }

    func usage(of account: AccountID) async throws(MailError) -> (bytes: Int64, messages: Int64) { (0, 0) }

    var uids: [UInt32] { state.withLock { $0.messages.keys.sorted() } }
}
