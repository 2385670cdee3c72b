import MailModel
import Synchronization

/// Hands committed changes to every subscriber, in order. One that falls `limit` changes behind
/// loses its subscription: its stream ends after what it holds.
final class ChangeBroadcast: Sendable {
    static let limit = 10_000

    private struct State {
        var nextNumber = 0
        var subscribers: [Int: AsyncStream<MailboxChange>.Continuation] = [:]
        var isFinished = false
    }

    private let state = Mutex(State())

    func subscribe() -> AsyncStream<MailboxChange> {
        let (stream, continuation) = AsyncStream<MailboxChange>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.limit))
        let number: Int? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.nextNumber += 1
            state.subscribers[state.nextNumber] = continuation
            return state.nextNumber
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.subscribers[number] = nil }
        }
        return stream
    }

    /// Called by one thread.
    func send(_ changes: [MailboxChange]) {
        guard !changes.isEmpty else { return }
        let subscribers = state.withLock { $0.subscribers }
        for subscriber in subscribers.values {
            for change in changes {
                if case .enqueued = subscriber.yield(change) { continue }
                subscriber.finish()
                break
            }
        }
    }

    func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            return state.subscribers
        }
        for subscriber in subscribers.values { subscriber.finish() }
    }
}
