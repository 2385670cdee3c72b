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
        inflateInput(isAsked: true)
        continuation.resume(returning: failure.map { .failure($0) } ?? .success(()))
    }

    /// Sends `reply` as the last that is compressed, and takes what the client sends from here on as
    /// it is. All that was written before has been sent.
    func stopCompression(
        reply: ByteBuffer, _ continuation: UnsafeContinuation<VoidResult, Never>
    ) {
        guard phase == .open, !isOutputEnded, let compression, let context else {
            continuation.resume(returning: .failure(failure ?? .closed))
            return
        }
        do throws(ConnectionError) {
            let last = try compression.end(with: reply)
            let problem = engine?.encrypt(last)
            if let engine { sendOutput(of: engine) } else { send(last, context) }
            if let problem { throw .tls(problem) }
            guard input.readableBytes == 0 else {
                throw .compression("data behind what ended compression")
            }
        } catch {
            abort(error)
        }
        inflateInput(isAsked: true)
        resumeReading()
        continuation.resume(returning: failure.map { .failure($0) } ?? .success(()))
    }

    /// Inflates what has arrived, as far as there is room for it.
    ///
    /// - Parameter isAsked: a reader waits, and has acted upon all that it was given.
    func inflateInput(isAsked: Bool) {
        guard let compression else { return }
        do {
            guard !compression.isEnding else {
                guard let clear = try compression.takeClear() else { return }
                self.compression = nil
                input.writeImmutableBuffer(clear)
                return
            }
            let goesOn = try compression.inflate(
                into: &input, limit: Self.inputLimit, isAsked: isAsked)
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
