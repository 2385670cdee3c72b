import MailModel
import NIOCore
import Storage
import Synchronization

/// The queue's contract in memory, for tests: what the engine does, without a disk.
final class MemoryQueue: QueueStorage {
    struct Stored {
        var entry: QueueEntry
        var nextNumber: Int
        var content: [UInt8]
        /// Accounts that have their copy.
        var delivered: Set<AccountID> = []
    }

    struct State {
        var stored: [QueueID: Stored] = [:]
        var inboxes: [AccountID: [QueueID]] = [:]
        var updates: [String] = []
        var failure: MailError?
        var updatesUntilFailure = 0
        var reads = 0
    }

    let state = Mutex(State())
    let pendingEntries: AsyncStream<QueueEntry>
    private let announcement: AsyncStream<QueueEntry>.Continuation
    /// Each mailbox insertion and each removal of an entry.
    let progress: AsyncStream<QueueID>
    private let progressed: AsyncStream<QueueID>.Continuation

    init() {
        (pendingEntries, announcement) = AsyncStream.makeStream()
        (progress, progressed) = AsyncStream.makeStream()
    }

    func put(_ entry: QueueEntry, content: [UInt8] = []) {
        let next = (entry.recipients.map(\.number).max() ?? -1) + 1
        state.withLock {
            $0.stored[entry.id] = Stored(entry: entry, nextNumber: next, content: content)
        }
        announcement.yield(entry)
    }

    func inbox(_ account: AccountID) -> [QueueID] { state.withLock { $0.inboxes[account] ?? [] } }
    func stored(_ id: QueueID) -> QueueEntry? { state.withLock { $0.stored[id]?.entry } }
    var isEmpty: Bool { state.withLock { $0.stored.isEmpty } }
    var all: [QueueEntry] { state.withLock { $0.stored.values.map(\.entry) } }
    var updates: [String] { state.withLock { $0.updates } }

    /// After so many more updates, `error` is thrown until it is set to nil.
    func fail(after updates: Int = 0, with error: MailError?) {
        state.withLock {
            $0.failure = error
            $0.updatesUntilFailure = updates
        }
    }

    func requireRoom(sizeHint: Int?) throws(MailError) {}

    func makeDraft(sizeHint: Int?) throws(MailError) -> MessageDraft {
        throw .localProblem("messages are put, not received")
    }

    func accept(
        _ draft: MessageDraft, envelope: Envelope, recipients: [RoutedRecipient]
    ) async throws(MailError) {
        throw .localProblem("messages are put, not received")
    }

    func entry(_ id: QueueID) async throws(MailError) -> QueueEntry? {
        state.withLock {
            $0.reads += 1
            return $0.stored[id]?.entry
        }
    }

    func entries(after: QueueID?, limit: Int) async throws(MailError) -> [QueueEntry] {
        state.withLock { state in
            state.stored.values.map(\.entry).filter { entry in after.map { entry.id > $0 } ?? true }
                .sorted { $0.id < $1.id }.prefix(limit).map { $0 }
        }
    }

    func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError)
        -> ByteBuffer
    {
        let bytes = state.withLock { $0.stored[message.id]?.content ?? [] }
        return ByteBuffer(bytes: bytes[range.clamped(to: 0..<bytes.count)])
    }

    func update(_ id: QueueID, _ updates: [RecipientUpdate]) async throws(MailError)
        -> [RecipientResult]
    {
        let result: Result<[RecipientResult], MailError> = state.withLock { state in
            if let failure = state.failure {
                if state.updatesUntilFailure == 0 { return .failure(failure) }
                state.updatesUntilFailure -= 1
            }
            let results = updates.map { Self.apply($0, id, &state) }
            if state.stored[id]?.entry.recipients.isEmpty == true { state.stored[id] = nil }
            return .success(results)
        }
        progressed.yield(id)
        return try result.get()
    }

    private static func apply(
        _ update: RecipientUpdate, _ id: QueueID, _ state: inout State
    ) -> RecipientResult {
        let number = update.number
        state.updates.append("\(id) \(update.word) \(number)")
        guard var stored = state.stored[id],
            let index = stored.entry.recipients.firstIndex(where: { $0.number == number })
        else { return .gone }
        defer { state.stored[id] = stored }
        switch update {
        case .deliverLocally(_, let account, let quota):
            if !stored.delivered.contains(account) {
                let inbox = state.inboxes[account] ?? []
                if let limit = quota.messages, inbox.count >= limit { return .overQuota }
                state.inboxes[account] = inbox + [id]
                stored.delivered.insert(account)
            }
            let routed = stored.entry.recipients[index].routed
            if routed.envelopeRecipient.notify?.contains(.success) == true {
                stored.entry.recipients[index].state = .delivered
            } else {
                stored.entry.recipients.remove(at: index)
            }
        case .relayed, .complete: stored.entry.recipients.remove(at: index)
        case .fail(_, let error):
            stored.entry.recipients[index].state = .failed
            stored.entry.recipients[index].lastError = error
        case .postpone(_, let until, let error, let delayReported):
            stored.entry.recipients[index].state = .deferred
            stored.entry.recipients[index].attempts += 1
            stored.entry.recipients[index].nextAttempt = until
            stored.entry.recipients[index].lastError = error
            stored.entry.recipients[index].delayReported = delayReported
        case .hold: stored.entry.recipients[index].state = .hold
        case .release: stored.entry.recipients[index].state = .active
        case .replace(_, let routed):
            stored.entry.recipients.remove(at: index)
            for routed in routed {
                stored.entry.recipients.append(
                    QueueRecipient(
                        number: stored.nextNumber, routed: routed, nextAttempt: stored.entry.arrival
                    ))
                stored.nextNumber += 1
            }
        }
        return .recorded
    }
}

extension RecipientUpdate {
    var word: String {
        switch self {
        case .deliverLocally: "deliver"
        case .relayed, .complete: "complete"
        case .fail: "fail"
        case .postpone: "postpone"
        case .hold: "hold"
        case .release: "release"
        case .replace: "replace"
        }
    }
}
