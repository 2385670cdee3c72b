import NIOCore
import Synchronization

/// Counts what is under way, and waits until nothing is.
final class SessionCount: Sendable {
    private let state = Mutex(State())

    private struct State {
        var live = 0
        var begun = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    var count: Int { state.withLock { $0.live } }

    /// All that were ever under way.
    var total: Int { state.withLock { $0.begun } }

    func begin() {
        state.withLock {
            $0.live += 1
            $0.begun += 1
        }
    }

    func end() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.live -= 1
            guard state.live == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters {
            waiter.resume()
        }
    }

    /// False when something is still under way after that time.
    func waitUntilIdle(atMost limit: Duration, _ eventLoop: any EventLoop) async -> Bool {
        let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) {
            for waiter in self.takeWaiters() {
                waiter.resume()
            }
        }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.live > 0 {
                    state.waiters.append(continuation)
                }
                return state.live == 0
            }
            if isIdle {
                continuation.resume()
            }
        }
        timer.cancel()
        return count == 0
    }

    private func takeWaiters() -> [CheckedContinuation<Void, Never>] {
        state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
    }
}
