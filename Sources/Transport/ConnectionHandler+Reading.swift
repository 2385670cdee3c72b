import NIOCore

extension ConnectionHandler {
    /// What a reader gets at once; nil when it has to wait.
    func takeInput() -> ReadResult? {
        if isShutdownPending {
            isShutdownPending = false
            return .failure(.shuttingDown)
        }
        if input.readableBytes > 0 {
            let bytes = input
            input = ByteBuffer()
            resumeReading()
            return .success(bytes)
        }
        if isInputEnded { return .success(nil) }
        if let failure { return .failure(failure) }
        return phase == .open ? nil : .failure(.closed)
    }

    func read(_ continuation: UnsafeContinuation<ReadResult, Never>) {
        if let ready = takeInput() {
            continuation.resume(returning: ready)
            return
        }
        precondition(reader == nil, "a connection has one reader at a time")
        reader = continuation
    }

    /// Takes bytes from the socket. Small ones are copied, so that the receive buffer stays the
    /// loop's; a large chunk is handed over as it is.
    func receive(_ chunk: ByteBuffer) {
        lastReceived = chunk.readableBytes
        if engine != nil {
            receiveEncrypted(chunk)
        } else if input.readableBytes > 0 {
            input.writeImmutableBuffer(chunk)
        } else if chunk.readableBytes >= ReceiveAllocator.largeSize / 2 {
            input = chunk
        } else {
            input = chunk.withUnsafeReadableBytes { ByteBuffer(bytes: $0) }
        }
        deliver()
    }

    /// Gives the waiting reader what is there.
    func deliver() {
        guard input.readableBytes > 0 || isInputEnded, let reader = reader.take() else { return }
        guard input.readableBytes > 0 else {
            reader.resume(returning: .success(nil))
            return
        }
        let bytes = input
        input = ByteBuffer()
        reader.resume(returning: .success(bytes))
    }

    /// The client has closed its side, or has sent TLS's close_notify.
    func endInput() {
        isInputEnded = true
        switch phase {
        case .handshaking:
            abort(.closed)
        case .open:
            deliver()
        case .lingering:
            context?.close(promise: nil)
        case .closing, .closed:
            break
        }
    }

    /// Reads from the socket again after back-pressure.
    func resumeReading() {
        guard isReadSuppressed, let context else { return }
        isReadSuppressed = false
        read(context: context)
    }
}
