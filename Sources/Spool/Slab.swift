/// Elements by small numbers; those of removed ones are used again.
struct Slab<Element> {
    private var elements: [Element] = []
    private var free: [Int32] = []

    var count: Int { elements.count - free.count }

    subscript(index: Int32) -> Element {
        _read { yield elements[Int(index)] }
        _modify { yield &elements[Int(index)] }
    }

    mutating func insert(_ element: Element) -> Int32 {
        if let index = free.popLast() {
            elements[Int(index)] = element
            return index
        }
        elements.append(element)
        return Int32(elements.count - 1)
    }

    /// What was a long queue gives its memory back once it is empty.
    mutating func remove(_ index: Int32) {
        free.append(index)
        guard free.count == elements.count else { return }
        let isLarge = elements.count > 1024
        elements.removeAll(keepingCapacity: !isLarge)
        free.removeAll(keepingCapacity: !isLarge)
    }
}

extension Slab: Sendable where Element: Sendable {}
