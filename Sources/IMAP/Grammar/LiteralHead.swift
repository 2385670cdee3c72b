// literal  = "{" number64 ["+"] "}" CRLF *CHAR8                (RFC 9051 section 9, RFC 7888)
// literal8 = "~{" number64 ["+"] "}" CRLF *OCTET               (RFC 3516)
/// What announces a literal, always at the end of a line.
struct LiteralHead: Equatable, Sendable {
    /// A number too great for its type counts as the greatest.
    var size: UInt64
    /// The client waits for "+".
    var isSynchronizing: Bool
    var isBinary: Bool

    /// - Parameter line: without its CRLF.
    /// - Returns: nil when the line ends otherwise.
    init?(endOf line: UnsafeRawBufferPointer) {
        guard line.last == UInt8(ascii: "}") else { return nil }
        var index = line.count - 2
        guard index >= 0 else { return nil }
        isSynchronizing = line[index] != UInt8(ascii: "+")
        if !isSynchronizing { index -= 1 }
        size = 0
        var power: UInt64 = 1
        let last = index
        while index >= 0, line[index].isASCIIDigit {
            let (product, overflow) = UInt64(line[index] & 15).multipliedReportingOverflow(by: power)
            let (sum, carry) = size.addingReportingOverflow(product)
            size = overflow || carry ? .max : sum
            // Past 20 digits a zero is harmless, anything else too great.
            power = power.multipliedReportingOverflow(by: 10).overflow ? .max : power * 10
            index -= 1
        }
        guard index < last, index >= 0, line[index] == UInt8(ascii: "{") else { return nil }
        isBinary = index > 0 && line[index - 1] == UInt8(ascii: "~")
    }

    init(size: UInt64, isSynchronizing: Bool, isBinary: Bool) {
        self.size = size
        self.isSynchronizing = isSynchronizing
        self.isBinary = isBinary
    }
}
