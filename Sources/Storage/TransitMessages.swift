import MailModel
import Synchronization

/// Messages in transit: all for elsewhere, durable in the log, known to the queue, and not in the
/// index. Most are delivered within milliseconds; then the log says so, and the index never hears
/// more of them than their ids.
///
/// A message enters when its record is durable, and leaves when the record of its last recipient's
/// settlement is, or when its rows in the index are committed: whoever looks here first and then in
/// the index always finds it. The log's thread makes all changes but the last one.
final class TransitMessages: Sendable {
    struct Message: Sendable {
        let accepted: AcceptedMessage
        /// Where its octets begin.
        let body: LogPosition
        /// Numbers of recipients that are done with.
        fileprivate(set) var settled: Set<Int> = []
        /// The index has been told to make rows. What happens now is recorded there.
        fileprivate(set) var isHandedOver = false
    }

    /// Bounds of what is kept: beyond them messages go by the index.
    private static let maximumMessages = 8192
    private static let maximumRecipients = 16_384

    fileprivate struct State {
        var messages: [QueueID: Message] = [:]
        var recipients = 0
    }

    private let state = Mutex(State())

    // MARK: The log's thread

    /// False when the message has to go by the index.
    func insert(_ message: AcceptedMessage, body: LogPosition) -> Bool {
        guard message.isForElsewhere else { return false }
        return state.withLock { state in
            guard state.messages.count < Self.maximumMessages,
                state.recipients + message.recipients.count <= Self.maximumRecipients
            else { return false }
            state.messages[message.id] = Message(accepted: message, body: body)
            state.recipients += message.recipients.count
            return true
        }
    }

    /// Nil when what happens to the message is recorded in the index.
    func waiting(_ id: QueueID) -> Message? {
        state.withLock { state in
            guard let message = state.messages[id], !message.isHandedOver else { return nil }
            return message
        }
    }

    func isWaiting(_ id: QueueID) -> Bool {
        state.withLock { $0.messages[id].map { !$0.isHandedOver } ?? false }
    }

    /// The log has it that these recipients are done with.
    func settle(_ id: QueueID, _ numbers: [Int]) {
        state.withLock { state in
            state.messages[id]?.settled.formUnion(numbers)
            if state.messages[id]?.isSettled == true { state.remove(id) }
        }
    }

    /// To be called when the index has what is to be applied.
    func handedOver(_ ids: [QueueID]) {
        state.withLock { state in
            for id in ids { state.messages[id]?.isHandedOver = true }
        }
    }

    // MARK: The index's thread

    /// Their rows are committed.
    func remove(_ ids: [QueueID]) {
        guard !ids.isEmpty else { return }
        state.withLock { state in
            for id in ids { state.remove(id) }
        }
    }

    // MARK: Readers

    var count: Int { state.withLock { $0.messages.count } }

    func entry(_ id: QueueID) -> QueueEntry? { state.withLock { $0.messages[id] }?.entry }

    /// All after an id, in order.
    func entries(after id: QueueID?) -> [QueueEntry] {
        let messages = state.withLock { Array($0.messages.values) }
        return messages.filter { id == nil || $0.accepted.id > id! }
            .sorted { $0.accepted.id < $1.accepted.id }.map(\.entry)
    }

    func place(of id: QueueID) -> LogPosition? { state.withLock { $0.messages[id]?.body } }

    /// Of each message: recipients that are not settled, and when it came.
    var depths: [QueueID: QueueDepth.Part] {
        state.withLock { state in
            state.messages.mapValues { message in
                QueueDepth.Part(
                    recipients: message.accepted.recipients.count - message.settled.count,
                    oldest: message.accepted.arrival)
            }
        }
    }
}

extension TransitMessages.State {
    fileprivate mutating func remove(_ id: QueueID) {
        guard let message = messages.removeValue(forKey: id) else { return }
        recipients -= message.accepted.recipients.count
    }
}

extension TransitMessages.Message {
    fileprivate var isSettled: Bool { settled.count == accepted.recipients.count }

    var entry: QueueEntry { accepted.entry(without: settled) }
}

extension AcceptedMessage {
    /// For others only: no mailbox here gets it. Nor has it to wait for a time; nor is somebody to be
    /// looked up who may lead to one of the others, of whom the index remembers then who has a copy.
    fileprivate var isForElsewhere: Bool {
        if isLarge || recipients.isEmpty || mayRepeatRecipients { return false }
        if let release = envelope.releaseAt, release > .now { return false }
        return recipients.allSatisfy { recipient in
            if case .mailbox = recipient.route { false } else { true }
        }
    }

    /// Looking one recipient up may lead to another.
    var mayRepeatRecipients: Bool {
        recipients.count > 1 && recipients.contains { $0.route == .unresolved }
    }

    /// As the queue has it while nothing was tried.
    func entry(without settled: Set<Int> = []) -> QueueEntry {
        var left: [QueueRecipient] = []
        left.reserveCapacity(recipients.count - settled.count)
        for (number, routed) in recipients.enumerated() where !settled.contains(number) {
            left.append(QueueRecipient(number: number, routed: routed, nextAttempt: arrival))
        }
        return QueueEntry(
            message: MessageReference(id: id, size: size), envelope: envelope, arrival: arrival,
            recipients: left)
    }
}
