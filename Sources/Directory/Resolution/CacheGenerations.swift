/// An answer in the cache.
struct CachedAnswer<Value> {
    var value: Value
    var isPositive: Bool
    /// When the look-up began; an invalidation after it makes the answer stale.
    var begun: ContinuousClock.Instant
    var expires: ContinuousClock.Instant
    /// Until when it may stand in for an unavailable directory.
    var goneAfter: ContinuousClock.Instant
}

/// Answers in two generations. When the young one holds half of the capacity it becomes the old
/// one, and what was in the old one and not used since is gone: nearly as good as least recently
/// used, at the cost of a dictionary look-up.
struct CacheGenerations<Key: Hashable, Value> {
    private var young: [Key: CachedAnswer<Value>] = [:]
    private var old: [Key: CachedAnswer<Value>] = [:]
    private let size: Int
    var invalidated: ContinuousClock.Instant?

    init(capacity: Int) {
        size = max(1, capacity / 2)
    }

    mutating func fresh(_ key: Key, _ now: ContinuousClock.Instant) -> CachedAnswer<Value>? {
        if let answer = young[key] { return isFresh(answer, now) ? answer : nil }
        guard let answer = old[key], isFresh(answer, now) else { return nil }
        insert(key, answer)
        return answer
    }

    /// However old.
    func last(_ key: Key) -> CachedAnswer<Value>? {
        young[key] ?? old[key]
    }

    mutating func insert(_ key: Key, _ answer: CachedAnswer<Value>) {
        young[key] = answer
        guard young.count >= size else { return }
        old = young
        young = [:]
    }

    /// Whether what began then still counts.
    func isCurrent(_ begun: ContinuousClock.Instant) -> Bool {
        invalidated.map { begun > $0 } ?? true
    }

    private func isFresh(_ answer: CachedAnswer<Value>, _ now: ContinuousClock.Instant) -> Bool {
        answer.expires > now && isCurrent(answer.begun)
    }
}
