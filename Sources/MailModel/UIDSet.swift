/// A set of 32-bit numbers from 1 (UIDs, sequence numbers) as ascending ranges that neither overlap
/// nor touch.
package struct UIDSet: Sendable, Hashable {
    package private(set) var ranges: [ClosedRange<UInt32>] = []

    package init() {}

    /// Ranges in any order; 0 is left out.
    package init(_ ranges: some Sequence<ClosedRange<UInt32>>) {
        var ranges = Array(ranges)
        if ranges.count > 1 { ranges.sort { $0.lowerBound < $1.lowerBound } }
        for range in ranges where range.upperBound > 0 {
            let range = max(range.lowerBound, 1)...range.upperBound
            if let last = self.ranges.last,
                last.upperBound == .max || range.lowerBound <= last.upperBound + 1
            {
                self.ranges[self.ranges.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    /// - Parameter numbers: ascending.
    package init(ascending numbers: some Sequence<UInt32>) {
        for number in numbers { append(number) }
    }

    /// Adds a number that is larger than all that are in it (or equal to the largest).
    package mutating func append(_ number: UInt32) {
        guard let last = ranges.last else {
            ranges.append(number...number)
            return
        }
        if number == last.upperBound { return }
        precondition(number > last.upperBound)
        if number == last.upperBound + 1 {
            ranges[ranges.count - 1] = last.lowerBound...number
        } else {
            ranges.append(number...number)
        }
    }

    package var isEmpty: Bool { ranges.isEmpty }
    package var count: Int { ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 } }
    package var first: UInt32? { ranges.first?.lowerBound }
    package var last: UInt32? { ranges.last?.upperBound }

    package func contains(_ number: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= number
    }

    /// Every number. May be long: a client can name 1:4294967295.
    package var numbers: some Sequence<UInt32> { ranges.lazy.flatMap { $0 } }
}
