import CZlib

/// The z_stream of a deflater or an inflater, at an address that stays: zlib checks that it does.
/// Its owner says how it ends.
struct ZlibStream: ~Copyable {
    let pointer: UnsafeMutablePointer<z_stream>
    private let end: @Sendable (UnsafeMutablePointer<z_stream>) -> Void

    /// - Parameter start: zlib's initialiser, which returns Z_OK or why it cannot.
    init(
        start: (UnsafeMutablePointer<z_stream>) -> Int32,
        end: @escaping @Sendable (UnsafeMutablePointer<z_stream>) -> Void
    ) throws(ConnectionError) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: z_stream())
        self.end = end
        guard start(pointer) == Z_OK else {
            throw .compression("zlib cannot be set up: out of memory")
        }
    }

    deinit {
        // Harmless where the initialiser has failed: there is no state then.
        end(pointer)
        pointer.deallocate()
    }

    /// What zlib says of the last call.
    var problem: String {
        pointer.pointee.msg.map { String(cString: $0) } ?? "damaged data"
    }
}
