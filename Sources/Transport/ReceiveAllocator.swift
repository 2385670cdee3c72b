import NIOCore

/// Chooses the buffer of a socket read: the loop's large one, which no idle connection holds.
///
/// But NIO's pool keeps the first buffer that it is given, for good. So the first read of a
/// connection has a small one, with room for a client's first command, or its first TLS message.
///
/// Relies on the pool's contract with `maxMessagesPerRead` 1: after `record` has returned true it
/// asks for a buffer for each read, and stores none but the first.
struct ReceiveAllocator: RecvByteBufferAllocator {
    static let largeSize = 64 * 1024
    private static let firstSize = 96
    private static let firstSizeForTLS = 512

    private let loop: LoopContext
    private let firstSize: Int
    private var isFirst = true

    init(_ loop: LoopContext, isTLS: Bool) {
        self.loop = loop
        firstSize = isTLS ? Self.firstSizeForTLS : Self.firstSize
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        isFirst ? allocator.buffer(capacity: firstSize) : loop.takeReceiveBuffer(allocator)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        isFirst = false
        return true
    }
}
