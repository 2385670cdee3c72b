import MailModel
import Spool
import Synchronization

/// A clock that stands still until a test moves it.
final class ManualClock: QueueClock {
    private struct State {
        var now: Timestamp
        var sleepers: [Int: (moment: Timestamp, continuation: CheckedContinuation<Void, Never>)] =
            [:]
        var last = 0
    }

    private let state: Mutex<State>
    /// The moments that somebody began to wait for.
    let waits: AsyncStream<Timestamp>
    private let waiting: AsyncStream<Timestamp>.Continuation

    init(_ now: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) {
        state = Mutex(State(now: now))
        (waits, waiting) = AsyncStream.makeStream()
    }

    var now: Timestamp { state.withLock { $0.now } }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now + duration
            let now = state.now
            let due = state.sleepers.filter { $0.value.moment <= now }
            for number in due.keys { state.sleepers[number] = nil }
            return due
        }
        for sleeper in due.values { sleeper.continuation.resume() }
    }

    func sleep(until moment: Timestamp) async {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if moment <= state.now || Task.isCancelled { return true }
                    state.sleepers[number] = (moment, continuation)
                    return false
                }
                if isOver { continuation.resume() } else { waiting.yield(moment) }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation.resume()
        }
    }
}
