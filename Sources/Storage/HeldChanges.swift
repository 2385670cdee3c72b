/// What is durable in the log and not given to the index yet. Each of the index's transactions is a
/// sync of its own, and nobody waits for them but readers.
///
/// Changes that readers see are handed over at once after a quiet moment, else a moment after the
/// last time, which is longer while many come: the more a transaction has, the less each costs. Those of
/// messages in transit can wait: mostly a message's end follows its beginning soon, and a transaction
/// that has both writes neither.
struct HeldChanges {
    private static let interval = Duration.milliseconds(10)
    private static let crowdedInterval = Duration.milliseconds(30)
    /// As many within an interval are a crowd.
    private static let crowd = 8
    private static let maximum = 256
    private static let lazyInterval = Duration.milliseconds(500)
    private static let lazyMaximum = 1024

    private var changes: [LoggedChange] = []
    /// When the first of them came.
    private var since = SuspendingClock.now
    private var isUrgent = false
    private var isAwaited = false
    private var handedOver = SuspendingClock.now - HeldChanges.interval
    /// From the last hand-over until the next.
    private var pause = HeldChanges.interval

    mutating func add(_ change: LoggedChange) {
        if changes.isEmpty { since = .now }
        changes.append(change)
        if !change.isLazy { isUrgent = true }
    }

    /// Nil when nothing is held.
    var due: SuspendingClock.Instant? {
        guard !changes.isEmpty else { return nil }
        if isAwaited { return since }
        return isUrgent ? handedOver + pause : since + Self.lazyInterval
    }

    var isDue: Bool {
        guard let due else { return false }
        return changes.count >= (isUrgent ? Self.maximum : Self.lazyMaximum) || due <= .now
    }

    /// Somebody waits for the index to have them.
    mutating func expedite() { isAwaited = true }

    /// All, in order; they count as handed over.
    mutating func take() -> [LoggedChange] {
        var taken: [LoggedChange] = []
        swap(&taken, &changes)
        changes.reserveCapacity(taken.count)
        pause = taken.count < Self.crowd ? Self.interval : Self.crowdedInterval
        isUrgent = false
        isAwaited = false
        handedOver = .now
        return taken
    }
}

extension LoggedChange {
    fileprivate var isLazy: Bool {
        switch self {
        case .transit, .settled: true
        case .accepted, .enqueued, .relocated, .stored, .skipped: false
        }
    }
}
