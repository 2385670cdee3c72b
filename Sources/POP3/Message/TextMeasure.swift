package import NIOCore

/// Octets of a text, given in chunks, as `MultilineEncoder` sends it, but for the dots that it doubles:
/// what RFC 1939 section 11 wants a message's size to be.
package struct TextMeasure: Sendable {
    private var octets = 0
    /// The last octet so far; at first, as if a line had just ended.
    private var last: UInt8 = 0x0a

    package init() {}

    package mutating func count(_ chunk: ByteBuffer) {
        chunk.withUnsafeReadableBytes { bytes in
            octets += bytes.count
            for octet in bytes {
                // A bare LF gets its CR.
                if octet == 0x0a, last != 0x0d { octets += 1 }
                last = octet
            }
        }
    }

    /// With the end of the last line.
    package var total: Int {
        switch last {
        case 0x0a: octets
        case 0x0d: octets + 1
        default: octets + 2
        }
    }
}
