import CZlib
import NIOCore

/// What we receive under COMPRESS=DEFLATE: one raw DEFLATE stream for a connection's life, with the
/// largest window, for the client may use that.
struct Inflater: ~Copyable {
    private static let windowBits: Int32 = 15
    /// Octets of output made room for at a time.
    private static let piece = 4096
    /// `data_type` between two blocks at the start of an octet, as after a flush: nothing of the
    /// stream's state matters then but its window.
    private static let betweenBlocks: Int32 = 128
    /// Added in the last block, and behind it.
    private static let lastBlock: Int32 = 64

    private var stream: ZlibStream?
    /// The window of a stream that was released.
    private var window: [UInt8] = []
    /// The last call ended for lack of room: zlib may hold more, though its input is used up.
    private var mayHoldOutput = false
    /// The stream is between two blocks and at the start of an octet, as behind a flush.
    private var isAligned = true
    /// The client has ended the stream: nothing more can come.
    private(set) var isEnded = false

    /// Uses up `compressed`, until `plain` has `limit` readable octets, or until the client may have
    /// ended compression behind what is in `plain`.
    ///
    /// - Parameter isAsked: what was inflated before has been acted upon. Without it nothing behind a
    ///   flush is touched.
    /// - Returns: whether there is nothing left to inflate.
    mutating func inflate(
        _ compressed: inout ByteBuffer, into plain: inout ByteBuffer, limit: Int,
        isAsked: Bool = true
    ) throws(ConnectionError) -> Bool {
        while compressed.readableBytes > 0 || mayHoldOutput {
            let goesOn = isAsked && plain.readableBytes == 0
            guard goesOn || !mayEnd(before: compressed) else { return false }
            guard !isEnded else {
                throw .compression("data behind the end of the stream")
            }
            let room = limit - plain.readableBytes
            guard room > 0 else { return false }
            if stream == nil {
                try restart()
            }
            try step(&compressed, &plain, room: min(room, Self.piece))
        }
        return true
    }

    /// Whether what follows can be in clear. Behind a flush that is so unless it begins with an octet
    /// that begins no command, but the empty blocks of a flush (00 00 00 FF FF) and of the stream's
    /// end (03 00, or 01 and on).
    private func mayEnd(before octets: ByteBuffer) -> Bool {
        guard !isEnded else { return true }
        guard isAligned, !mayHoldOutput, let next = octets.readableBytesView.first else {
            return false
        }
        return next > 3
    }

    /// Uses up what still belongs to the stream when nothing but its end may follow.
    ///
    /// - Returns: whether `octets` are in clear now; false: the end has not all arrived.
    mutating func finish(_ octets: inout ByteBuffer) throws(ConnectionError) -> Bool {
        var plain = ByteBuffer()
        while !mayEnd(before: octets) {
            guard octets.readableBytes > 0 || mayHoldOutput else { return false }
            if stream == nil {
                try restart()
            }
            try step(&octets, &plain, room: 1)
            guard plain.readableBytes == 0 else {
                throw .compression("data behind what ended compression")
            }
        }
        return true
    }

    private mutating func step(
        _ compressed: inout ByteBuffer, _ plain: inout ByteBuffer, room: Int
    ) throws(ConnectionError) {
        guard let zlib = stream?.pointer else { return }
        var result: Int32 = Z_OK
        var used = 0
        compressed.withUnsafeReadableBytes { bytes in
            zlib.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
            zlib.pointee.avail_in = UInt32(bytes.count)
            plain.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
                zlib.pointee.next_out = space.assumingMemoryBound(to: UInt8.self).baseAddress
                zlib.pointee.avail_out = UInt32(room)
                // A block at a time: behind each one compression may have ended.
                result = CZlib.inflate(zlib, Z_BLOCK)
                return room - Int(zlib.pointee.avail_out)
            }
            used = bytes.count - Int(zlib.pointee.avail_in)
        }
        compressed.moveReaderIndex(forwardBy: used)
        let place = zlib.pointee.data_type
        isAligned = place == Self.betweenBlocks
        // Between blocks all output is given out; behind the last one zlib has yet to say so.
        mayHoldOutput =
            place & Self.betweenBlocks == 0
            ? zlib.pointee.avail_out == 0 : place & Self.lastBlock != 0
        switch result {
        case Z_OK, Z_BUF_ERROR:
            break
        case Z_STREAM_END:
            isEnded = true
            mayHoldOutput = false
        default:
            throw .compression(stream?.problem ?? "damaged data")
        }
    }

    private mutating func restart() throws(ConnectionError) {
        let fresh = try ZlibStream(
            start: { martlet_inflate_init($0, -Self.windowBits) }, end: { inflateEnd($0) })
        if !window.isEmpty {
            guard inflateSetDictionary(fresh.pointer, window, UInt32(window.count)) == Z_OK else {
                throw .compression("the window was not taken back")
            }
            window = []
        }
        stream = consume fresh
    }

    /// Frees zlib's memory while nothing arrives, but for what the client has sent last (at most
    /// 32 KiB, of most clients a few hundred octets). Does nothing inside of a block.
    mutating func release() {
        guard let zlib = stream?.pointer, !mayHoldOutput,
            zlib.pointee.data_type == Self.betweenBlocks
        else { return }
        var count: UInt32 = 0
        guard inflateGetDictionary(zlib, nil, &count) == Z_OK else { return }
        let kept = [UInt8](unsafeUninitializedCapacity: Int(count)) { space, initialized in
            initialized = inflateGetDictionary(zlib, space.baseAddress, &count) == Z_OK ? Int(count) : 0
        }
        guard kept.count == Int(count) else { return }
        window = kept
        stream = nil
    }
}
