package import NIOCore

extension ByteBuffer {
    /// A sequence-set that keeps the order of the numbers. Only what rises by 1 becomes a range: a
    /// client reads 12:10 as 10:12 (RFC 5267 section 3.2).
    /// - Parameter numbers: not empty.
    package mutating func writeNumberRuns(_ numbers: some Collection<UInt32>) {
        guard var first = numbers.first else { return }
        var last = first
        for number in numbers.dropFirst() {
            if number == last &+ 1 {
                last = number
                continue
            }
            writeRun(first, last)
            writeInteger(UInt8(ascii: ","))
            first = number
            last = number
        }
        writeRun(first, last)
    }

    private mutating func writeRun(_ first: UInt32, _ last: UInt32) {
        writeIMAPNumber(UInt64(first))
        guard last != first else { return }
        writeInteger(UInt8(ascii: ":"))
        writeIMAPNumber(UInt64(last))
    }
}
