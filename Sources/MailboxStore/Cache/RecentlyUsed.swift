internal import MailModel

/// Values used lately, up to a number of octets. Two generations: when the young one is half of the
/// limit, the old one goes, and the young one grows old; what is used moves to the young one.
struct RecentlyUsed<Value: CachedValue> {
    /// What an entry costs beside its octets.
    private static var overhead: Int { 150 }

    private let limit: Int
    private var young: [QueueID: Value] = [:]
    private var old: [QueueID: Value] = [:]
    private var youngOctets = 0

    /// - Parameter limit: octets of all entries.
    init(limit: Int) { self.limit = limit }

    subscript(id: QueueID) -> Value? {
        mutating get {
            if let value = young[id] { return value }
            guard let value = old.removeValue(forKey: id) else { return nil }
            insert(value, id)
            return value
        }
        set {
            remove(id)
            if let newValue { insert(newValue, id) }
        }
    }

    mutating func remove(_ id: QueueID) {
        old.removeValue(forKey: id)
        if let value = young.removeValue(forKey: id) { youngOctets -= value.octets + Self.overhead }
    }

    private mutating func insert(_ value: Value, _ id: QueueID) {
        let octets = value.octets + Self.overhead
        guard octets <= limit / 4 else { return }
        if youngOctets + octets > limit / 2 {
            old = young
            young = [:]
            youngOctets = 0
        }
        young[id] = value
        youngOctets += octets
    }
}
