internal import NIOCore

/// What follows a command's keyword.
///
/// ```
/// command    = keyword *(SP argument) *SP CRLF
/// keyword    = 3*4ALPHA
/// argument   = 1*VCHAR
/// msg-number = 1*DIGIT
/// ```
struct Arguments {
    private var rest: ByteBuffer

    /// - Parameter line: the octets behind the keyword, their first space included.
    init(_ line: ByteBuffer) { rest = line }

    /// The whole rest behind one space, spaces in it included (RFC 1939 section 7, PASS). Nil when
    /// there is no argument at all.
    var verbatim: [UInt8]? {
        rest.readableBytes == 0 ? nil : Array(rest.readableBytesView.dropFirst())
    }

    mutating func next() -> [UInt8]? {
        let view = rest.readableBytesView
        guard let start = view.firstIndex(where: { $0 != ASCII.space }) else { return nil }
        let end = view[start...].firstIndex(of: ASCII.space) ?? view.endIndex
        defer { rest.moveReaderIndex(to: end) }
        return Array(view[start..<end])
    }

    mutating func nextNumber() throws(ArgumentError) -> Int {
        guard let number = try nextOptionalNumber() else { throw .missing }
        return number
    }

    /// A number too great for its type is one that no message has.
    mutating func nextOptionalNumber() throws(ArgumentError) -> Int? {
        guard let digits = next() else { return nil }
        guard digits.allSatisfy({ $0 &- 0x30 < 10 }) else { throw .notANumber }
        var number = 0
        for digit in digits {
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) = product.addingReportingOverflow(Int(digit &- 0x30))
            guard !overflow, !overflowToo else { return Int.max }
            number = sum
        }
        return number
    }

    mutating func end() throws(ArgumentError) {
        guard next() == nil else { throw .tooMany }
    }
}

enum ArgumentError: Error {
    case missing, notANumber, tooMany, notText

    var text: StaticString {
        switch self {
        case .missing: "argument missing"
        case .notANumber: "a number was expected"
        case .tooMany: "too many arguments"
        case .notText: "the argument is not UTF-8"
        }
    }
}
