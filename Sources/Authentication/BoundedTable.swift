/// A dictionary that never holds more than about its capacity, at a constant cost. Entries live
/// in two generations; when the young one is half the capacity it becomes the old one, and what
/// nobody wrote since its own youth is dropped.
package struct BoundedTable<Key: Hashable, Value> {
    private let generation: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    package init(capacity: Int) {
        generation = max(capacity / 2, 1)
    }

    package var count: Int { young.count + old.count }

    package subscript(key: Key) -> Value? {
        get { young[key] ?? old[key] }
        set {
            old[key] = nil
            young[key] = newValue
            guard young.count >= generation else { return }
            old = young
            young = [:]
        }
    }
}
