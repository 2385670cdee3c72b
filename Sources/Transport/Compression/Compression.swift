import NIOCore

/// Both directions of a connection under COMPRESS=DEFLATE (RFC 4978). Compression is the layer
/// above TLS: the octets that it takes and gives are what TLS protects.
///
/// The client decides how far its octets inflate (a thousandfold, if it likes), so they wait
/// compressed until there is room for what they become.
final class Compression {
    private var deflater = Deflater()
    private var inflater = Inflater()
    /// Received and not inflated yet: at most about what one read of the socket gives, for there
    /// is no further read while it waits.
    private(set) var received: ByteBuffer
    /// Whether `received`, or zlib, holds what had no room.
    private(set) var isBehind = false
    /// We have ended our stream; the client has ended its own behind what was inflated last, but the
    /// octets that do so may be still to come.
    private(set) var isEnding = false
    private var isInUse = true

    init(received: ByteBuffer) {
        self.received = received
    }

    /// Adds octets from the wire by `body`; `inflate` follows.
    func receive<Result>(_ body: (inout ByteBuffer) -> Result) -> Result {
        isInUse = true
        return body(&received)
    }

    /// Inflates what waits, until `input` has `limit` readable octets. What stands behind a flush, or
    /// the stream's end, waits until all before it was read and acted upon: it is in clear if the
    /// client has ended compression there.
    ///
    /// - Parameter isAsked: a reader wants more than what it has got.
    /// - Returns: false when the client has ended its stream and a reader goes on nevertheless.
    func inflate(
        into input: inout ByteBuffer, limit: Int, isAsked: Bool
    ) throws(ConnectionError) -> Bool {
        isBehind = try !inflater.inflate(&received, into: &input, limit: limit, isAsked: isAsked)
        if !isBehind {
            received = ByteBuffer()
        }
        guard inflater.isEnded else { return true }
        isBehind = !isAsked || input.readableBytes > 0
        return isBehind
    }

    /// Compresses the last octets and ends our stream; from here on `deflate` leaves all as it is.
    func end(with plain: ByteBuffer) throws(ConnectionError) -> ByteBuffer {
        var output = ByteBuffer()
        try deflater.finish(plain, into: &output)
        isEnding = true
        isBehind = false
        return output
    }

    /// After `end`: what the client has sent in clear; nil while that can't be told.
    func takeClear() throws(ConnectionError) -> ByteBuffer? {
        guard try inflater.finish(&received) else {
            received = ByteBuffer()
            return nil
        }
        return received
    }

    func deflate(_ plain: ByteBuffer, flush: Bool) throws(ConnectionError) -> ByteBuffer {
        guard !isEnding else { return plain }
        isInUse = true
        var output = ByteBuffer()
        try deflater.deflate(plain, flush: flush, into: &output)
        return output
    }

    /// Called every second: memory is kept from one second to the next only where it was used.
    ///
    /// - Parameter isFlushed: nothing is on its way out.
    func sweep(isFlushed: Bool) {
        if isInUse {
            isInUse = false
        } else if isFlushed && !isBehind {
            deflater.release()
            inflater.release()
        }
    }
}
