/// The identity of an accepted message: in log lines, in the reply to its final dot, in
/// `martlet queue`. Ascending in the order of acceptance, never used twice.
package struct QueueID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Base 32 without look-alikes (no I, L, O, U), upper case.
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    package init?(_ text: some StringProtocol) {
        guard (1...13).contains(text.utf8.count) else { return nil }
        var value: UInt64 = 0
        for byte in text.uppercased().utf8 {
            guard let digit = Self.alphabet.firstIndex(of: byte), value >> 59 == 0 else { return nil }
            value = value << 5 | UInt64(digit)
        }
        self.init(rawValue: value)
    }

    package var description: String {
        var digits: [UInt8] = []
        var rest = rawValue
        repeat {
            digits.append(Self.alphabet[Int(rest & 31)])
            rest >>= 5
        } while rest != 0
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    package static func < (a: QueueID, b: QueueID) -> Bool { a.rawValue < b.rawValue }
}
