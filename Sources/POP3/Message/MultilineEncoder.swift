package import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Makes stored bytes, given in chunks, the text of a multi-line response (RFC 1939 section 3):
/// a dot at the start of a line is doubled, and the text ends with CRLF "." CRLF.
///
/// Stored messages have CRLF lines; should one have a bare LF, a CR is put before it, for no client
/// may see a line that does not end. Content that says it is binary must have been encoded before. A
/// chunk that needs nothing is passed on without a copy.
package struct MultilineEncoder: Sendable {
    /// The last octet so far; at first, as if a line had just ended.
    private var last: UInt8 = 0x0a

    package init() {}

    package mutating func encode(_ chunk: ByteBuffer) -> ByteBuffer {
        guard chunk.readableBytes > 0 else { return chunk }
        var encoded: ByteBuffer?
        let previous = last
        chunk.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var copied = 0
            func insert(_ octet: UInt8, at position: Int) {
                if encoded == nil {
                    encoded = ByteBuffer()
                    encoded?.reserveCapacity(bytes.count + bytes.count / 16 + 64)
                }
                encoded?.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[copied..<position]))
                encoded?.writeInteger(octet)
                copied = position
            }
            if previous == 0x0a, bytes[0] == 0x2e { insert(0x2e, at: 0) }
            var position = 0
            while position < bytes.count,
                let found = memchr(base + position, 0x0a, bytes.count - position)
            {
                let lineFeed = UnsafeRawPointer(found) - base
                let before = lineFeed > 0 ? bytes[lineFeed - 1] : previous
                if before != 0x0d { insert(0x0d, at: lineFeed) }
                position = lineFeed + 1
                if position < bytes.count, bytes[position] == 0x2e { insert(0x2e, at: position) }
            }
            if encoded != nil, copied < bytes.count {
                encoded?.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[copied...]))
            }
            last = bytes[bytes.count - 1]
        }
        return encoded ?? chunk
    }

    /// Ends the text: a last line without its end gets it.
    package func finish(_ replies: inout ByteBuffer) {
        if last == 0x0d {
            replies.writeInteger(UInt8(0x0a))
        } else if last != 0x0a {
            replies.writeStaticString("\r\n")
        }
        replies.writeStaticString(".\r\n")
    }
}
