/// Tells whether a message has octets beyond ASCII, in its header and behind it, from its bytes as
/// they come.
package struct EightBitScanner: Sendable {
    package private(set) var isInHeader = false
    package private(set) var isInBody = false
    /// Nil in the body. A header that is too long to be one goes on to the end.
    private var headerEnd: HeaderEndFinder? = HeaderEndFinder()

    package init() {}

    package mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        var body = bytes
        if headerEnd != nil {
            let end = try? headerEnd?.scan(bytes)
            isInHeader = isInHeader
                || UnsafeRawBufferPointer(rebasing: bytes[..<(end ?? bytes.count)]).hasEightBitOctets
            guard let end else { return }
            headerEnd = nil
            body = UnsafeRawBufferPointer(rebasing: bytes[end...])
        }
        isInBody = isInBody || body.hasEightBitOctets
    }
}

extension UnsafeRawBufferPointer {
    /// Whether an octet is beyond ASCII; 32 of them are looked at at once.
    var hasEightBitOctets: Bool {
        var position = 0
        while position + 32 <= count {
            let word = loadUnaligned(fromByteOffset: position, as: SIMD4<UInt64>.self)
            guard (word & 0x8080_8080_8080_8080) == .zero else { return true }
            position += 32
        }
        while position < count {
            guard self[position] < 0x80 else { return true }
            position += 1
        }
        return false
    }
}
