internal import MailModel

/// Messages by the moment at which they are due: a binary heap, the earliest first.
///
/// Entries are not removed when a message is rescheduled or leaves; the schedule passes over those
/// that no longer hold and rebuilds the heap when they outnumber the others.
struct DueHeap {
    struct Element {
        var due: Timestamp
        var id: QueueID

        /// Equal moments go in the order of acceptance.
        func precedes(_ other: Element) -> Bool {
            due == other.due ? id < other.id : due < other.due
        }
    }

    private var elements: [Element] = []

    var count: Int { elements.count }
    var first: Element? { elements.first }

    init() {}

    init(_ elements: some Sequence<Element>) {
        self.elements = elements.sorted { $0.precedes($1) }
    }

    mutating func insert(_ element: Element) {
        elements.append(element)
        var index = elements.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard elements[index].precedes(elements[parent]) else { return }
            elements.swapAt(index, parent)
            index = parent
        }
    }

    mutating func removeFirst() {
        guard let last = elements.popLast(), !elements.isEmpty else { return }
        elements[0] = last
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < elements.count && elements[child].precedes(elements[smallest]) {
                smallest = child
            }
            guard smallest != index else { return }
            elements.swapAt(index, smallest)
            index = smallest
        }
    }
}
