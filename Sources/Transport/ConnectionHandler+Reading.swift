import NIOCore
import Synchronization

extension ConnectionHandler {
    /// What a reader gets at once; nil when it has to wait. Input comes before a wake.
    func takeEvent(isWakeable: Bool) -> ReadResult? {
        if isShutdownPending {
            isShutdownPending = false
            return .failure(.shuttingDown)
        }
        if input.readableBytes == 0 && compression?.isBehind == true {
            inflateInput(isAsked: true)
            resumeReading()
        }
        if input.readableBytes > 0 {
            let bytes = input
            input = ByteBuffer()
            resumeReading()
            return .success(.input(bytes))
        }
        if isInputEnded { return .success(.end) }
        if let failure { return .failure(failure) }
        guard phase == .open else { return .failure(.closed) }
        return isWakeable && takeWake() ? .success(.woken) : nil
    }

    func read(_ continuation: UnsafeContinuation<ReadResult, Never>, isWakeable: Bool) {
        if let ready = takeEvent(isWakeable: isWakeable) {
            continuation.resume(returning: ready)
            return
        }
        precondition(reader == nil, "a connection has one reader at a time")
        reader = continuation
        isReaderWakeable = isWakeable
    }

    /// Takes bytes from the socket.
    func receive(_ chunk: ByteBuffer) {
        isStreaming = chunk.readableBytes >= Self.streamingChunk || chunk.writableBytes == 0
        if engine != nil {
            receiveEncrypted(chunk)
        } else if let compression {
            compression.receive { Self.append(chunk, to: &$0) }
            inflateInput(isAsked: reader != nil)
        } else {
            Self.append(chunk, to: &input)
        }
        deliver()
    }

    /// Small chunks are copied, so that the receive buffer stays the loop's; a large one is handed
    /// over as it is.
    private static func append(_ chunk: ByteBuffer, to buffer: inout ByteBuffer) {
        if buffer.readableBytes > 0 {
            buffer.writeImmutableBuffer(chunk)
        } else if chunk.readableBytes >= ReceiveAllocator.largeSize / 2 {
            buffer = chunk
        } else {
            buffer = chunk.withUnsafeReadableBytes { ByteBuffer(bytes: $0) }
        }
    }

    /// Gives the waiting reader what is there.
    func deliver() {
        guard input.readableBytes > 0 || isInputEnded, let reader = reader.take() else { return }
        guard input.readableBytes > 0 else {
            reader.resume(returning: .success(.end))
            return
        }
        let bytes = input
        input = ByteBuffer()
        reader.resume(returning: .success(.input(bytes)))
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
        case .connecting, .closing, .closed:
            break
        }
    }

    /// Reads from the socket again after back-pressure.
    func resumeReading() {
        guard isReadSuppressed, let context else { return }
        isReadSuppressed = false
        read(context: context)
    }

    // MARK: Waking

    /// Ends the reader's wait, if it waits in `next()`; else the request stays.
    func wake() {
        guard isReaderWakeable, reader != nil, takeWake(), let reader = reader.take() else { return }
        reader.resume(returning: .success(.woken))
    }

    private func takeWake() -> Bool {
        isWakeRequested.exchange(false, ordering: .acquiringAndReleasing)
    }
}
