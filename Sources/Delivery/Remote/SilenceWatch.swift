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
    }

    private struct Wait {
        let progress: any DeliveryProgress
        /// Nil: it is waited for to the end, for the host may have the message.
        let connection: Connection?
        let since: ContinuousClock.Instant
        var isMarked = false
        var isCancelled = false
        var isGivenUp = false
    }

    private struct State {
        var waits: [UInt64: Wait] = [:]
        var last: UInt64 = 0
        var isLooking = false
    }

    private let patience: Duration
    private let state = Mutex(State())

    init(patience: Duration) { self.patience = patience }

    /// Waits, while `body` runs.
    /// - Parameter connection: is aborted when too many hosts keep us waiting, and when the task is
    ///   cancelled and the host still does not answer.
    /// - Returns: whether it was aborted.
    func during(
        _ progress: any DeliveryProgress, aborting connection: Connection?, _ body: () async -> Void
    ) async -> Bool {
        let number = begin(progress, aborting: connection)
        await withTaskCancellationHandler(operation: body) {
            state.withLock { $0.waits[number]?.isCancelled = true }
        }
        return end(number)
    }

    private func begin(_ progress: any DeliveryProgress, aborting connection: Connection?) -> UInt64 {
        let (number, isFirst) = state.withLock { state in
            state.last += 1
            state.waits[state.last] = Wait(
                progress: progress, connection: connection, since: .now)
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
        let limit = ContinuousClock.now - patience
        var refused: [(UInt64, Connection)] = []
        for (number, wait) in state.waits where wait.since <= limit {
            if wait.isCancelled, let connection = wait.connection {
                refused.append((number, connection))
            } else if wait.isMarked {
                continue
            } else if wait.progress.isWaiting(for: .reply) {
                state.waits[number]?.isMarked = true
            } else if let connection = wait.connection {
                refused.append((number, connection))
            }
        }
        return refused
    }
}
