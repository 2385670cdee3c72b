internal import NIOCore

/// Writes text into memory that has been made ready for it: listings have a hundred thousand
/// numbers, too many for a String, or a check for room, each.
struct TextCursor {
    /// Digits of the greatest number.
    static let maximumDigits = 20

    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

    mutating func append(_ octet: UInt8) {
        bytes[count] = octet
        count += 1
    }

    mutating func append(decimal number: UInt64) {
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        rest = number
        for index in stride(from: count + digits - 1, through: count, by: -1) {
            bytes[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }
}

extension ByteBuffer {
    mutating func writeDecimal(_ number: Int) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: TextCursor.maximumDigits) { bytes in
            var cursor = TextCursor(bytes)
            cursor.append(decimal: UInt64(number))
            return cursor.count
        }
    }
}
