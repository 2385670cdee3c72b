package import NIOCore

extension ByteBuffer {
    /// Decimal digits.
    package mutating func writeIMAPNumber(_ number: UInt64) {
        if number < 10 {
            writeInteger(UInt8(truncatingIfNeeded: number) + 0x30)
            return
        }
        writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { bytes in
            var digits = 1
            var rest = number / 10
            while rest > 0 {
                digits += 1
                rest /= 10
            }
            rest = number
            for index in stride(from: digits - 1, through: 0, by: -1) {
                bytes[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return digits
        }
    }

    package mutating func writeIMAPNumber(_ number: UInt32) { writeIMAPNumber(UInt64(number)) }

    /// - Parameter number: not negative.
    package mutating func writeIMAPNumber(_ number: Int) { writeIMAPNumber(UInt64(number)) }

    /// Exactly so many digits, with leading zeros.
    mutating func writeIMAPDigits(_ number: Int, _ count: Int) {
        var power = 1
        for _ in 1..<count { power *= 10 }
        while power > 0 {
            writeInteger(UInt8(truncatingIfNeeded: number / power % 10) + 0x30)
            power /= 10
        }
    }
}
