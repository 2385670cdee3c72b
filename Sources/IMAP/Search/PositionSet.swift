package import MailModel

/// A set of positions (sequence numbers less 1) in a mailbox of `size` messages, one bit each: a
/// mailbox of 100,000 takes 12 KiB.
package struct PositionSet: Sendable, Equatable {
    package let size: Int
    private var words: [UInt64]

    package init(size: Int) {
        self.size = size
        words = Array(repeating: 0, count: (size + 63) / 64)
    }

    package static func all(_ size: Int) -> PositionSet {
        var set = PositionSet(size: size)
        set.insert(0..<size)
        return set
    }

    /// - Parameter positions: below `size`, in any order.
    package init(size: Int, _ positions: some Sequence<Int>) {
        self.init(size: size)
        for position in positions { insert(position) }
    }

    /// The positions of these sequence numbers; those above `size` are left out.
    package init(size: Int, sequenceNumbers: UIDSet) {
        self.init(size: size)
        for range in sequenceNumbers.ranges {
            insert(min(Int(range.lowerBound) - 1, size)..<min(Int(range.upperBound), size))
        }
    }

    package mutating func insert(_ position: Int) {
        words[position >> 6] |= 1 << UInt64(position & 63)
    }

    package mutating func insert(_ range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            let word = position >> 6
            let end = min(range.upperBound, (word + 1) << 6)
            let count = UInt64(end - position)
            let bits = count == 64 ? UInt64.max : (1 << count) - 1
            words[word] |= bits << UInt64(position & 63)
            position = end
        }
    }

    package func contains(_ position: Int) -> Bool {
        words[position >> 6] >> UInt64(position & 63) & 1 == 1
    }

    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    package mutating func formUnion(_ other: PositionSet) {
        for word in words.indices { words[word] |= other.words[word] }
    }

    package mutating func formIntersection(_ other: PositionSet) {
        for word in words.indices { words[word] &= other.words[word] }
    }

    package mutating func subtract(_ other: PositionSet) {
        for word in words.indices { words[word] &= ~other.words[word] }
    }

    /// Ascending.
    package func forEach(_ body: (Int) -> Void) {
        for (index, word) in words.enumerated() {
            var word = word
            while word != 0 {
                body(index << 6 | word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }

    /// Those that pass the test.
    package func filter(_ isIncluded: (Int) -> Bool) -> PositionSet {
        var result = PositionSet(size: size)
        forEach { if isIncluded($0) { result.insert($0) } }
        return result
    }

    /// Ascending.
    package var positions: [Int] {
        var positions: [Int] = []
        positions.reserveCapacity(count)
        forEach { positions.append($0) }
        return positions
    }
}
