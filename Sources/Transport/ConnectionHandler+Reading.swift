import NIOCore
import Synchronization

extension ConnectionHandler {
    /// What a reader gets at once; nil when it has to wait. Input comes before a wake.
    func takeEvent(_ wait: ReaderWait) -> ReadResult? {
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
        return wait != .plain && takeWake() ? .success(.woken) : nil
    }

    func read(_ continuation: UnsafeContinuation<ReadResult, Never>, _ wait: ReaderWait) {
        if let ready = takeEvent(wait) {
            continuation.resume(returning: ready)
            return
        }
        precondition(reader == nil, "a connection has one reader at a time")
        reader = continuation
        readerWait = wait
        readerSweeps = 0
    }

    /// At a sweep: the second one ends a brief wait, so that it lasts a second at least.
    func endBriefWait() {
        guard readerWait == .brief, reader != nil else { return }
        readerSweeps += 1
        if readerSweeps > 1, let reader = reader.take() {
            reader.resume(returning: .success(.quiet))
        }
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

    /// Ends the reader's wait, if it is not plain; else the request stays.
    func wake() {
        guard readerWait != .plain, reader != nil, takeWake(), let reader = reader.take() else { return }
        reader.resume(returning: .success(.woken))
    }

    private func takeWake() -> Bool {
        isWakeRequested.exchange(false, ordering: .acquiringAndReleasing)
    }
}
