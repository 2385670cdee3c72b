internal import NIOCore

/// Octets that arrive, taken as lines. Bounded.
struct LineBuffer {
    struct TooLong: Error {}

    private let limit: Int
    private var octets = ByteBuffer()
    /// Of them, those without a line end.
    private var searched = 0

    /// - Parameter limit: of a line, in octets.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: ByteBuffer) { octets.writeImmutableBuffer(more) }

    /// The next line without its end; nil: more octets are needed.
    mutating func next() throws(TooLong) -> ByteBuffer? {
        let unread = octets.readableBytesView.dropFirst(searched)
        guard let end = unread.firstIndex(of: UInt8(ascii: "\n")) else {
            searched = octets.readableBytes
            guard searched <= limit else { throw TooLong() }
            return nil
        }
        let length = end - octets.readerIndex
        guard length <= limit else { throw TooLong() }
        let line = octets.readSlice(length: length)
        octets.moveReaderIndex(forwardBy: 1)
        octets.discardReadBytes()
        searched = 0
        return line
    }
}
