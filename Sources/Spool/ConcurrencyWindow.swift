/// How many leases of a destination may be out at once: it grows by one with each full window of
/// successes and is halved by a failure, as in Postfix's queue manager.
struct ConcurrencyWindow: Equatable {
    private(set) var limit: Int32
    private var successes: Int32 = 0
    private let initial: Int32
    private let maximum: Int32

    init(initial: Int, maximum: Int) {
        self.maximum = Int32(clamping: max(maximum, 1))
        self.initial = min(Int32(clamping: max(initial, 1)), self.maximum)
        limit = self.initial
    }

    mutating func succeeded() {
        successes += 1
        guard successes >= limit else { return }
        limit = min(limit + 1, maximum)
        successes = 0
    }

    mutating func failed() {
        limit = max(limit / 2, 1)
        successes = 0
    }

    /// What is known of failures does not hold any more.
    mutating func reset() {
        limit = max(limit, initial)
        successes = 0
    }
}
