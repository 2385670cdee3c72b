internal import NIOCore

enum ASCII {
    static let space: UInt8 = 0x20

    static func uppercased(_ octet: UInt8) -> UInt8 { octet &- 0x61 < 26 ? octet & 0xdf : octet }
}

extension ByteBuffer {
    /// Writes a number without a String in between: listings have a hundred thousand of them.
    mutating func writeDecimal(_ number: some FixedWidthInteger & UnsignedInteger) {
        var rest = UInt64(number)
        writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { bytes in
            var count = 1
            var bound: UInt64 = 10
            while count < 20, rest >= bound {
                count += 1
                bound = count < 20 ? bound &* 10 : bound
            }
            for index in stride(from: count - 1, through: 0, by: -1) {
                bytes[index] = 0x30 + UInt8(rest % 10)
                rest /= 10
            }
            return count
        }
    }
}
