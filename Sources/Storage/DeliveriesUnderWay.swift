import MailModel
import Synchronization

/// Messages that the log has for mailboxes and the index has not delivered yet: who looks into a
/// mailbox after the 250 waits for them.
final class DeliveriesUnderWay: Sendable {
    private struct State {
        /// In the log's order.
        var deliveries: [(recipients: [RoutedRecipient], end: LogPosition)] = []
        var waiting: [(end: LogPosition, go: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// Before anybody is told that the message is durable.
    func begin(_ recipients: [RoutedRecipient], end: LogPosition) {
        state.withLock { $0.deliveries.append((recipients, end)) }
    }

    /// The index has all up to there.
    func made(through end: LogPosition) {
        let done = state.withLock { state in
            let left = state.deliveries.firstIndex { $0.end > end } ?? state.deliveries.endIndex
            state.deliveries.removeFirst(left)
            return Self.remove(&state.waiting) { $0 <= end }
        }
        for go in done { go.resume() }
    }

    /// The index does not get on: nobody waits for it.
    func giveUp() {
        let done = state.withLock { Self.remove(&$0.waiting) { _ in true } }
        for go in done { go.resume() }
    }

    /// Where in the log the last message for one of the account's mailboxes ends.
    func last(for account: AccountID) -> LogPosition? {
        state.withLock { state in
            state.deliveries.last { delivery in
                delivery.recipients.contains { recipient in
                    if case .mailbox(account, _) = recipient.route { true } else { false }
                }
            }?.end
        }
    }

    /// Returns when the index has all up to there, or does not get on.
    func wait(through end: LogPosition) async {
        await withCheckedContinuation { go in
            let isMade = state.withLock { state in
                guard let first = state.deliveries.first, first.end <= end else { return true }
                state.waiting.append((end, go))
                return false
            }
            if isMade { go.resume() }
        }
    }

    private static func remove(
        _ waiting: inout [(end: LogPosition, go: CheckedContinuation<Void, Never>)],
        where isDone: (LogPosition) -> Bool
    ) -> [CheckedContinuation<Void, Never>] {
        guard !waiting.isEmpty else { return [] }
        let done = waiting.filter { isDone($0.end) }.map(\.go)
        waiting.removeAll { isDone($0.end) }
        return done
    }
}
