import CZlib
import NIOCore

/// What we send under COMPRESS=DEFLATE: one raw DEFLATE stream (RFC 1951).
struct Deflater: ~Copyable {
    /// Replies and mail in bulk: the higher levels cost far more time than they save octets.
    private static let level: Int32 = 3
    /// A window of 8 KiB, and tables to match: 70 KiB while the stream is in use.
    private static let windowBits: Int32 = 13
    private static let memoryLevel: Int32 = 6

    private var stream: ZlibStream?

    /// Appends the compressed octets to `output`; with `flush` all of them, so that the other side
    /// can read on (RFC 4978 section 3).
    mutating func deflate(
        _ plain: ByteBuffer, flush: Bool, into output: inout ByteBuffer
    ) throws(ConnectionError) {
        try deflate(plain, flush ? Z_SYNC_FLUSH : Z_NO_FLUSH, into: &output)
    }

    /// Appends the compressed octets and the end of the stream.
    mutating func finish(
        _ plain: ByteBuffer, into output: inout ByteBuffer
    ) throws(ConnectionError) {
        try deflate(plain, Z_FINISH, into: &output)
        stream = nil
    }

    private mutating func deflate(
        _ plain: ByteBuffer, _ flush: Int32, into output: inout ByteBuffer
    ) throws(ConnectionError) {
        if stream == nil {
            stream = try ZlibStream(
                start: { martlet_deflate_init($0, Self.level, -Self.windowBits, Self.memoryLevel) },
                end: { deflateEnd($0) })
        }
        guard let zlib = stream?.pointer else { return }
        let room = plain.readableBytes / 2 + 64
        plain.withUnsafeReadableBytes { bytes in
            zlib.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
            zlib.pointee.avail_in = UInt32(bytes.count)
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
                    let space = space.assumingMemoryBound(to: UInt8.self)
                    zlib.pointee.next_out = space.baseAddress
                    zlib.pointee.avail_out = UInt32(space.count)
                    // Its one possible error is that there was nothing left to do.
                    _ = CZlib.deflate(zlib, flush)
                    return space.count - Int(zlib.pointee.avail_out)
                }
            } while zlib.pointee.avail_out == 0
        }
    }

    /// Frees zlib's memory while nothing is sent. Behind a flush the stream is at the start of an
    /// octet and of a block, so that a fresh one, which refers to nothing before it, goes on there.
    /// To be called only then.
    mutating func release() {
        stream = nil
    }
}
