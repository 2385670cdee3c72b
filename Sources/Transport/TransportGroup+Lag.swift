import NIOCore

extension TransportGroup {
    /// How long the slowest loop takes to come round to a new task now.
    package func lag() async -> Duration {
        await withTaskGroup { group in
            for loop in loops {
                group.addTask {
                    let start = ContinuousClock.now
                    return await withCheckedContinuation { continuation in
                        loop.eventLoop.execute {
                            continuation.resume(returning: ContinuousClock.now - start)
                        }
                    }
                }
            }
            return await group.reduce(Duration.zero) { max($0, $1) }
        }
    }
}
