import Synchronization

/// The sets of keywords that messages have, each with a number; 0 is the empty set. Sets are added
/// by the index's writer before anything refers to them, and never change.
package final class KeywordTable: Sendable {
    private let sets = Mutex<[UInt32: [String]]>([:])

    package init() {}

    /// In the order and spelling in which they were stored.
    package func keywords(of set: UInt32) -> [String] {
        set == 0 ? [] : sets.withLock { $0[set] ?? [] }
    }

    func insert(_ keywords: [String], as set: UInt32) {
        sets.withLock { $0[set] = keywords }
    }

    /// Forgets sets that were not committed.
    func remove(from first: UInt32) {
        sets.withLock { sets in sets = sets.filter { $0.key < first } }
    }

    var all: [UInt32: [String]] { sets.withLock { $0 } }
}
