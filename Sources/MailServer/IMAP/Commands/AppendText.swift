#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import NIOCore

/// Gives appended text the line ends of mail: a bare LF becomes CRLF, as other servers show it.
/// Text that has them already passes as it is.
struct AppendText {
    private var endsWithReturn = false

    mutating func normalized(_ text: ByteBuffer) -> ByteBuffer {
        guard text.readableBytes > 0 else { return text }
        let endedWithReturn = endsWithReturn
        let bareLines = text.withUnsafeReadableBytes { bytes in
            endsWithReturn = bytes[bytes.count - 1] == 0x0d
            return Self.bareLineFeeds(in: bytes, after: endedWithReturn)
        }
        guard !bareLines.isEmpty else { return text }
        var result = ByteBuffer()
        result.reserveCapacity(text.readableBytes + bareLines.count)
        text.withUnsafeReadableBytes { bytes in
            var copied = 0
            for place in bareLines {
                result.writeBytes(bytes[copied..<place])
                result.writeInteger(UInt8(0x0d))
                copied = place
            }
            result.writeBytes(bytes[copied...])
        }
        return result
    }

    private static func bareLineFeeds(in bytes: UnsafeRawBufferPointer, after hasReturn: Bool)
        -> [Int]
    {
        var places: [Int] = []
        guard let base = bytes.baseAddress else { return places }
        var position = 0
        while position < bytes.count,
            let found = memchr(base + position, 0x0a, bytes.count - position)
        {
            let place = UnsafeRawPointer(found) - base
            let isBare = place > 0 ? bytes[place - 1] != 0x0d : !hasReturn
            if isBare { places.append(place) }
            position = place + 1
        }
        return places
    }
}
