internal import Glibc

/// Lines of a file, read in blocks, with the continuation lines of LDIF joined to the line they
/// continue (RFC 2849 note 2).
struct LineReader: ~Copyable {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var lineNumber = 0

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The next logical line and the number of its first physical one; nil at the end. CRLF and LF
    /// both end a line.
    ///
    /// - Throws: on a read error, and past `limit` octets, where the rest of the line is skipped.
    mutating func nextLogicalLine(limit: Int) throws(LDIFError) -> (Int, [UInt8])? {
        guard var line = try nextLine(limit: limit) else { return nil }
        let number = lineNumber
        // An empty line ends a record and is not continued.
        while !line.isEmpty, try peek() == UInt8(ascii: " ") {
            guard let more = try nextLine(limit: limit) else { break }
            line += more.dropFirst()
            guard line.count <= limit else { throw tooLong(number, limit) }
        }
        return (number, line)
    }

    private mutating func peek() throws(LDIFError) -> UInt8? {
        if position == buffer.count { try fill() }
        return position < buffer.count ? buffer[position] : nil
    }

    private mutating func nextLine(limit: Int) throws(LDIFError) -> [UInt8]? {
        var line: [UInt8] = []
        var isTooLong = false
        guard try peek() != nil else { return nil }
        lineNumber += 1
        while try peek() != nil {
            let rest = buffer[position...]
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            if !isTooLong { line += rest[..<(end ?? buffer.count)] }
            position = end.map { $0 + 1 } ?? buffer.count
            if line.count > limit {
                isTooLong = true
                line = []
            }
            if end != nil { break }
        }
        if isTooLong { throw tooLong(lineNumber, limit) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }

    private func tooLong(_ number: Int, _ limit: Int) -> LDIFError {
        LDIFError(line: number, problem: "line longer than \(limit) octets")
    }

    private mutating func fill() throws(LDIFError) {
        guard !isAtEnd else { return }
        var block = [UInt8](repeating: 0, count: 65536)
        var count: Int
        repeat { count = read(descriptor, &block, block.count) } while count < 0 && errno == EINTR
        guard count >= 0 else {
            isAtEnd = true
            throw LDIFError(line: lineNumber + 1, problem: String(cString: strerror(errno)))
        }
        isAtEnd = count == 0
        block.removeSubrange(count...)
        buffer = block
        position = 0
    }
}
