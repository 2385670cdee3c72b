package import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Cuts a message, given in chunks, for TOP (RFC 1939 section 7): the header section, the empty line
/// and so many lines of the body.
package struct TopLimiter: Sendable {
    private enum State { case lineStart, afterReturn, inLine, body }

    private var state = State.lineStart
    private var linesLeft: Int

    package init(bodyLines: Int) { linesLeft = bodyLines }

    /// Nothing after this is wanted.
    package private(set) var isComplete = false

    /// The part of `chunk` that belongs to the answer.
    package mutating func take(_ chunk: ByteBuffer) -> ByteBuffer {
        let count = chunk.withUnsafeReadableBytes { bytes in scan(bytes) }
        return count == chunk.readableBytes
            ? chunk : chunk.getSlice(at: chunk.readerIndex, length: count) ?? ByteBuffer()
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = 0
        while !isComplete, position < bytes.count {
            switch state {
            case .lineStart where bytes[position] == 0x0d:
                state = .afterReturn
                position += 1
            case .lineStart where bytes[position] == 0x0a, .afterReturn where bytes[position] == 0x0a:
                state = .body
                position += 1
                isComplete = linesLeft == 0
            case .lineStart, .afterReturn:
                state = .inLine
            case .inLine, .body:
                guard let end = Self.lineEnd(bytes, from: position) else { return bytes.count }
                position = end
                if state == .inLine {
                    state = .lineStart
                } else {
                    linesLeft -= 1
                    isComplete = linesLeft == 0
                }
            }
        }
        return position
    }

    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
        guard let base = bytes.baseAddress,
            let lineFeed = memchr(base + position, 0x0a, bytes.count - position)
        else { return nil }
        return UnsafeRawPointer(lineFeed) - base + 1
    }
}
