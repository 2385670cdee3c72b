package import MailModel

/// A set of sequence numbers or UIDs as the client wrote it (RFC 9051 section 9: sequence-set), or
/// "$", the saved result of a search (RFC 5182).
package struct SequenceSet: Sendable, Equatable {
    /// Nil is "*". Neither end need be the smaller one.
    package struct Range: Sendable, Equatable {
        package var first: UInt32?
        package var last: UInt32?

        package init(first: UInt32?, last: UInt32?) {
            self.first = first
            self.last = last
        }
    }

    package var ranges: [Range]
    package var isSavedResult: Bool

    package init(ranges: [Range]) {
        self.ranges = ranges
        isSavedResult = false
    }

    package init(_ set: UIDSet) {
        self.init(ranges: set.ranges.map { Range(first: $0.lowerBound, last: $0.upperBound) })
    }

    private init() {
        ranges = []
        isSavedResult = true
    }

    package static let savedResult = SequenceSet()

    /// Whether "*" is in it.
    package var namesLargest: Bool { ranges.contains { $0.first == nil || $0.last == nil } }

    /// The numbers meant when `*` is `largest`; with nothing there (`largest` 0), "*" means none.
    package func resolved(largest: UInt32) -> UIDSet {
        UIDSet(
            ranges.compactMap { range in
                let first = range.first ?? largest
                let last = range.last ?? largest
                guard first > 0, last > 0 else { return nil }
                return min(first, last)...max(first, last)
            })
    }
}
