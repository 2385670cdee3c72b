#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// One key of a sort for all messages, by row.
package enum SortColumn: Sendable {
    case numbers([Int64])
    case strings(StringColumn)

    /// Negative, 0 or positive, as with `memcmp`.
    func compare(_ a: Int, _ b: Int) -> Int {
        switch self {
        case .numbers(let numbers): numbers[a] < numbers[b] ? -1 : numbers[a] == numbers[b] ? 0 : 1
        case .strings(let strings): strings.compare(a, b)
        }
    }
}

/// Strings one behind the other, compared by octets: casemapped ones so are in the order of
/// i;unicode-casemap (RFC 5051).
package struct StringColumn: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// The first 8 octets of each, which mostly decide.
    private var heads: [UInt64] = []

    package init() {}

    package init(_ strings: some Sequence<[UInt8]>) {
        for string in strings { append(string) }
    }

    package var count: Int { ends.count }

    package mutating func append(_ string: some Collection<UInt8>) {
        bytes.append(contentsOf: string)
        ends.append(bytes.count)
        var head: UInt64 = 0
        var octets = string.makeIterator()
        for _ in 0..<8 { head = head << 8 | UInt64(octets.next() ?? 0) }
        heads.append(head)
    }

    package subscript(row: Int) -> ArraySlice<UInt8> { bytes[range(row)] }

    private func range(_ row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

    func compare(_ a: Int, _ b: Int) -> Int {
        if heads[a] != heads[b] { return heads[a] < heads[b] ? -1 : 1 }
        let first = range(a)
        let second = range(b)
        let order = bytes.withUnsafeBufferPointer { bytes -> Int in
            guard let base = bytes.baseAddress else { return 0 }
            return Int(
                memcmp(
                    base + first.lowerBound, base + second.lowerBound,
                    min(first.count, second.count)))
        }
        return order != 0 ? order : first.count - second.count
    }
}

/// SORT (RFC 5256 section 3): rows by several keys; rows that agree in all stay in their order.
package struct MessageSorter: Sendable {
    private var keys: [(column: SortColumn, isReverse: Bool)] = []

    package init() {}

    package mutating func add(_ column: SortColumn, isReverse: Bool) {
        keys.append((column, isReverse))
    }

    /// - Parameter rows: ascending.
    package func sorted(_ rows: [Int]) -> [Int] {
        rows.sorted { isBefore($0, $1) }
    }

    package func isBefore(_ a: Int, _ b: Int) -> Bool {
        for key in keys {
            let order = key.column.compare(a, b)
            if order != 0 { return key.isReverse ? order > 0 : order < 0 }
        }
        return a < b
    }
}
