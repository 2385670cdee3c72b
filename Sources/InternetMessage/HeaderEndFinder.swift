/// Finds the empty line that ends a header section (RFC 5322 section 2.1) in bytes as they arrive,
/// looking at each byte once.
///
/// A line ends with LF, so that a stored message with bare LFs is divided as other readers would
/// divide it. Meeting `limit` without an empty line is an error.
package struct HeaderEndFinder: Sendable {
    private enum State { case lineStart, afterReturn, inLine }

    private var state = State.lineStart
    private var passed = 0
    private let limit: Int

    package init(limits: HeaderLimits = HeaderLimits()) { limit = limits.octets }

    /// - Returns: how many octets of `chunk` belong to the header section, the empty line included;
    ///   nil when all do and it goes on. Not to be called again after it has returned a number.
    package mutating func scan(_ chunk: UnsafeRawBufferPointer) throws(HeaderError) -> Int? {
        let end = find(in: chunk)
        passed += end ?? chunk.count
        guard passed <= limit else { throw .tooLong(limit: limit) }
        return end
    }

    private mutating func find(in chunk: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        while position < chunk.count {
            switch state {
            case .lineStart where chunk[position] == Octet.lf,
                .afterReturn where chunk[position] == Octet.lf:
                return position + 1
            case .lineStart where chunk[position] == Octet.cr:
                state = .afterReturn
                position += 1
            case .lineStart, .afterReturn:
                state = .inLine
            case .inLine:
                guard let lineEnd = chunk.index(of: Octet.lf, from: position) else { return nil }
                state = .lineStart
                position = lineEnd + 1
            }
        }
        return nil
    }
}
