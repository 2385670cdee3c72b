/// A counter for each of a fixed set of labels; counting takes no lock.
package struct Counters<Label: Hashable & Sendable>: Sendable {
    private let counters: [Label: Counter]

    package init(_ labels: some Sequence<Label>) {
        counters = Dictionary(labels.map { ($0, Counter()) }, uniquingKeysWith: { first, _ in first })
    }

    /// Does nothing for a label that is not of the set.
    package func add(_ label: Label, _ count: Int = 1) { counters[label]?.add(count) }

    package subscript(label: Label) -> UInt64 { counters[label]?.value ?? 0 }

    /// In no order.
    package var values: [(label: Label, value: UInt64)] {
        counters.map { ($0.key, $0.value.value) }
    }
}
