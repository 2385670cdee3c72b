internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Divides what a client sends into lines, looking at each octet once.
///
/// A line ends with CRLF (RFC 1939 section 3); a bare LF is taken too, for people who type. A CR or
/// NUL within a line makes it malformed. A line over its limit is passed over up to its end, without
/// being kept, and reported once. So at most one limit and one read are held.
struct CommandLineReader: Sendable {
    enum Line: Equatable, Sendable {
        /// Without its end.
        case line(ByteBuffer)
        case tooLong
        case malformed
    }

    private var input = ByteBuffer()
    /// Octets of `input` that are known to hold no LF.
    private var searched = 0
    private var isSkipping = false

    init() {}

    /// Something was received that has not been read as a line.
    var hasUnreadInput: Bool { input.readableBytes > 0 || isSkipping }

    mutating func append(_ bytes: ByteBuffer) {
        if input.readableBytes == 0 {
            input = bytes
            searched = 0
        } else {
            input.discardReadBytes()
            input.writeImmutableBuffer(bytes)
        }
    }

    /// The first octets of the line that is arriving.
    func starts(with prefix: StaticString) -> Bool {
        input.withUnsafeReadableBytes { bytes in
            bytes.count >= prefix.utf8CodeUnitCount
                && (0..<prefix.utf8CodeUnitCount).allSatisfy {
                    ASCII.uppercased(bytes[$0]) == prefix.utf8Start[$0]
                }
        }
    }

    /// - Parameter limit: octets of the line with its CRLF.
    /// - Returns: nil when the line is not complete.
    mutating func next(limit: Int) -> Line? {
        let lineFeed = input.withUnsafeReadableBytes { bytes -> Int? in
            guard searched < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + searched, 0x0a, bytes.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
        guard let lineFeed else {
            searched = input.readableBytes
            if isSkipping || searched >= limit {
                isSkipping = true
                input.clear()
                searched = 0
            }
            return nil
        }
        searched = 0
        guard !isSkipping, lineFeed < limit, var line = input.readSlice(length: lineFeed) else {
            isSkipping = false
            input.moveReaderIndex(forwardBy: lineFeed + 1)
            return .tooLong
        }
        input.moveReaderIndex(forwardBy: 1)
        let isClean = line.withUnsafeReadableBytes { bytes in
            let count = bytes.last == 0x0d ? bytes.count - 1 : bytes.count
            guard count > 0, let base = bytes.baseAddress else { return true }
            return memchr(base, 0x0d, count) == nil && memchr(base, 0, count) == nil
        }
        guard isClean else { return .malformed }
        if line.readableBytesView.last == 0x0d {
            line.moveWriterIndex(to: line.writerIndex - 1)
        }
        return .line(line)
    }

    mutating func takeUnreadInput() -> ByteBuffer {
        let rest = input
        discard()
        return rest
    }

    /// Forgets what was not read: after STLS nothing received in clear may be used.
    mutating func discard() {
        input = ByteBuffer()
        searched = 0
        isSkipping = false
    }
}
