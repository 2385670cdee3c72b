/// How long answers of the directory are used again.
package struct CacheLifetimes: Hashable, Sendable {
    package var positive: Duration
    package var negative: Duration
    /// How long after it expired a positive answer may stand in for an unavailable directory.
    package var stale: Duration
    /// Entries of each kind of look-up.
    package var capacity: Int

    package init(
        positive: Duration = .seconds(10), negative: Duration = .seconds(3),
        stale: Duration = .seconds(600), capacity: Int = 100_000
    ) {
        self.positive = positive
        self.negative = negative
        self.stale = stale
        self.capacity = capacity
    }
}
