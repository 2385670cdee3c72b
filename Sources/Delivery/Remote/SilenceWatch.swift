internal import Synchronization
internal import Transport

/// Notices hosts that keep a transaction waiting for a reply, so that its place among the sessions
/// goes to another meanwhile.
///
/// One task looks at all that wait, a few times a second, and only while there are any: a timer for
/// each reply would cost more than the reply.
final class SilenceWatch: Sendable {
    /// Where a session gets the watch for the time of its transactions.
    struct Post {
        let watch: SilenceWatch
        let progress: any DeliveryProgress
        /// When the session was taken up for this delivery.
        let began = ContinuousClock.now
    }

    private struct Wait {
        let progress: any DeliveryProgress
        let connection: Connection
        /// Not when the host may have the message.
        let mayGiveUp: Bool
        /// When it counts as slow: soon, or at once if it has kept us for long in many short waits.
        let limit: ContinuousClock.Instant
        var isMarked = false
        var cancelled: ContinuousClock.Instant?
        var isGivenUp = false
    }

    private struct State {
        var waits: [UInt64: Wait] = [:]
        var last: UInt64 = 0
        var isLooking = false
    }

    /// For all waits of a delivery together.
    private static let longPatience = Duration.seconds(5)

    private let patience: Duration
    private let grace: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - patience: for one wait.
    ///   - grace: how long a host that may have the message can answer when the server stops.
    init(patience: Duration, grace: Duration) {
        self.patience = patience
        self.grace = grace
    }

    /// Waits, while `body` runs.
    /// - Parameters:
    ///   - connection: is aborted when the task is cancelled and the host still does not answer.
    ///   - mayGiveUp: also when too many hosts keep us waiting.
    /// - Returns: whether it was aborted.
    func during(
        _ post: Post, aborting connection: Connection, mayGiveUp: Bool, _ body: () async -> Void
    ) async -> Bool {
        let limit = min(.now + patience, post.began + Self.longPatience)
        let number = begin(
            Wait(
                progress: post.progress, connection: connection, mayGiveUp: mayGiveUp, limit: limit))
        await withTaskCancellationHandler(operation: body) {
            state.withLock { $0.waits[number]?.cancelled = .now }
        }
        return end(number)
    }

    private func begin(_ wait: Wait) -> UInt64 {
        let (number, isFirst) = state.withLock { state in
            state.last += 1
            state.waits[state.last] = wait
            defer { state.isLooking = true }
            return (state.last, !state.isLooking)
        }
        if isFirst { Task { await look() } }
        return number
    }

    /// - Returns: whether the host was given up.
    private func end(_ number: UInt64) -> Bool {
        guard let wait = state.withLock({ $0.waits.removeValue(forKey: number) }) else {
            return false
        }
        if wait.isMarked { wait.progress.goesOn() }
        return wait.isGivenUp
    }

    private func look() async {
        while true {
            // Nobody cancels it, and if somebody did it would only be early.
            try? await Task.sleep(for: patience / 4)
            guard let refused = state.withLock({ mark(&$0) }) else { return }
            for (number, connection) in refused { giveUp(number, connection) }
        }
    }

    /// Unless the host has answered since: the session may have gone on to send the message.
    private func giveUp(_ number: UInt64, _ connection: Connection) {
        connection.abort(if: { [self] in
            state.withLock { state in
                state.waits[number]?.isGivenUp = true
                return state.waits[number] != nil
            }
        })
    }

    /// - Returns: what is to be aborted; nil when nobody waits.
    private func mark(_ state: inout State) -> [(UInt64, Connection)]? {
        guard !state.waits.isEmpty else {
            state.isLooking = false
            return nil
        }
        let now = ContinuousClock.now
        var refused: [(UInt64, Connection)] = []
        for (number, wait) in state.waits where wait.limit <= now {
            if let cancelled = wait.cancelled, wait.mayGiveUp || cancelled + grace <= now {
                refused.append((number, wait.connection))
            } else if wait.isMarked {
                continue
            } else if wait.progress.isWaiting(for: wait.mayGiveUp ? .reply : .verdict) {
                state.waits[number]?.isMarked = true
            } else if wait.mayGiveUp {
                refused.append((number, wait.connection))
            }
        }
        return refused
    }
}
