/// The identity of an accepted message: in log lines, in the reply to its final dot, in
/// `martlet queue`. Ascending in the order of acceptance, never used twice.
package struct QueueID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Base 32 without look-alikes (no I, L, O, U), upper case.
    private static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    private static let maximumLength = 13

    private static func digit(_ value: UInt64) -> UInt8 { alphabet.utf8Start[Int(value)] }

    package init?(_ text: some StringProtocol) {
        guard (1...Self.maximumLength).contains(text.utf8.count) else { return nil }
        var value: UInt64 = 0
        for byte in text.uppercased().utf8 {
            guard let digit = (0..<32).first(where: { Self.digit($0) == byte }), value >> 59 == 0
            else { return nil }
            value = value << 5 | digit
        }
        self.init(rawValue: value)
    }

    package var description: String {
        String(unsafeUninitializedCapacity: Self.maximumLength) { text in
            var rest = rawValue
            let count = max(1, (rawValue.bitWidth - rawValue.leadingZeroBitCount + 4) / 5)
            for place in (0..<count).reversed() {
                text[place] = Self.digit(rest & 31)
                rest >>= 5
            }
            return count
        }
    }

    package static func < (a: QueueID, b: QueueID) -> Bool { a.rawValue < b.rawValue }
}
