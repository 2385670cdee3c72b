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
    private var isInUse = true

    init(received: ByteBuffer) {
        self.received = received
    }

    /// Adds octets from the wire by `body`; `inflate` follows.
    func receive<Result>(_ body: (inout ByteBuffer) -> Result) -> Result {
        isInUse = true
        return body(&received)
    }

    /// Inflates what waits, until `input` has `limit` readable octets.
    ///
    /// - Returns: false when the client has ended its stream.
    func inflate(into input: inout ByteBuffer, limit: Int) throws(ConnectionError) -> Bool {
        isBehind = try !inflater.inflate(&received, into: &input, limit: limit)
        if !isBehind {
            received = ByteBuffer()
        }
        return !inflater.isEnded
    }

    func deflate(_ plain: ByteBuffer, flush: Bool) throws(ConnectionError) -> ByteBuffer {
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
