import NIOCore

/// Chooses the buffer of a socket read. A connection keeps one small buffer (NIO's pool holds the
/// first it was given); once a read fills it, the next reads use the loop's large one, which no
/// idle connection holds.
///
/// Relies on the pool's contract with `maxMessagesPerRead` 1: it reuses its stored buffer unless
/// `record` returned true, and then asks for a new one and does not store that.
struct ReceiveAllocator: RecvByteBufferAllocator {
    static let smallSize = 512
    static let largeSize = 64 * 1024

    let loop: LoopContext
    private var isLarge = false

    init(_ loop: LoopContext) {
        self.loop = loop
    }

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        isLarge
            ? loop.takeReceiveBuffer(allocator) : allocator.buffer(capacity: Self.smallSize)
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        isLarge = actualReadBytes >= Self.smallSize
        return isLarge
    }
}
