import NIOCore

extension ConnectionHandler {
    /// Everything in both directions is compressed from here on. What was received and not read
    /// came behind the client's COMPRESS, so it is compressed too.
    func startCompression(
        unparsed: ByteBuffer, _ continuation: UnsafeContinuation<VoidResult, Never>
    ) {
        guard phase == .open, compression == nil else {
            continuation.resume(returning: .failure(failure ?? .closed))
            return
        }
        var received = unparsed
        received.writeImmutableBuffer(input)
        input = ByteBuffer()
        compression = Compression(received: received)
        inflateInput()
        continuation.resume(returning: failure.map { .failure($0) } ?? .success(()))
    }

    /// Inflates what has arrived, as far as there is room for it.
    func inflateInput() {
        guard let compression else { return }
        do {
            let goesOn = try compression.inflate(into: &input, limit: Self.inputLimit)
            if !goesOn {
                isInputEnded = true
            }
        } catch {
            // What came before the damage is good, but nobody will act on it.
            input = ByteBuffer()
            abort(error)
        }
    }
}
