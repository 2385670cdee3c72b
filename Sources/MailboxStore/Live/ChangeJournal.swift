/// The latest changes of a mailbox by mod-sequence, so that a session learns what is new at the cost
/// of what is new. Bounded: whoever comes too late compares everything.
struct ChangeJournal {
    enum Entry { case flagged(UInt32), expunged(UInt32) }

    static let capacity = 4096

    /// Changes at or below this mod-sequence are not (all) here.
    private(set) var floor: UInt64
    /// Ascending mod-sequences. The front half is dropped when it is full.
    private var entries: [(modSequence: UInt64, entry: Entry)] = []

    init(from modSequence: UInt64) { floor = modSequence }

    mutating func add(_ entry: Entry, at modSequence: UInt64) {
        if entries.count == Self.capacity {
            floor = entries[Self.capacity / 2 - 1].modSequence
            entries.removeFirst(Self.capacity / 2)
        }
        entries.append((modSequence, entry))
    }

    /// What came after this mod-sequence; nil when that is too long ago.
    func changes(after modSequence: UInt64) -> ArraySlice<(modSequence: UInt64, entry: Entry)>? {
        guard modSequence >= floor else { return nil }
        var start = entries.endIndex
        while start > 0, entries[start - 1].modSequence > modSequence { start -= 1 }
        return entries[start...]
    }
}
