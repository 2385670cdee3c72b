/// An element of a `Slab` that may be in one chain at a time.
protocol Linked {
    var previous: Int32 { get set }
    var next: Int32 { get set }
}

/// A list through the elements of a slab: whoever is in it can be taken out without a search.
struct Chain {
    static let end: Int32 = -1

    private(set) var first = Chain.end
    private(set) var last = Chain.end

    var isEmpty: Bool { first == Chain.end }

    mutating func append(_ index: Int32, in slab: inout Slab<some Linked>) {
        slab[index].previous = last
        slab[index].next = Chain.end
        if last == Chain.end { first = index } else { slab[last].next = index }
        last = index
    }

    mutating func prepend(_ index: Int32, in slab: inout Slab<some Linked>) {
        slab[index].previous = Chain.end
        slab[index].next = first
        if first == Chain.end { last = index } else { slab[first].previous = index }
        first = index
    }

    mutating func remove(_ index: Int32, in slab: inout Slab<some Linked>) {
        let (previous, next) = (slab[index].previous, slab[index].next)
        if previous == Chain.end { first = next } else { slab[previous].next = next }
        if next == Chain.end { last = previous } else { slab[next].previous = previous }
    }
}
