import NIOCore

extension ConnectionHandler {
    /// Plain bytes encrypted before one flush.
    private static let encryptionBatch = 64 * 1024

    /// Sends bytes; nil when the caller should wait until the client has read some.
    func write(_ bytes: ByteBuffer) -> VoidResult? {
        guard phase == .open, let context else { return .failure(failure ?? .closed) }
        guard bytes.readableBytes > 0 else { return .success(()) }
        if engine == nil {
            send(bytes, context)
        } else {
            if unencrypted.readableBytes == 0 {
                unencrypted = bytes
            } else {
                unencrypted.writeImmutableBuffer(bytes)
            }
            sendEncrypted()
            if let failure { return .failure(failure) }
        }
        let hasRoom = context.channel.isWritable && unencrypted.readableBytes == 0
        return hasRoom ? .success(()) : nil
    }

    func waitUntilWritable(_ continuation: UnsafeContinuation<VoidResult, Never>) {
        guard phase == .open, let context else {
            continuation.resume(returning: .failure(failure ?? .closed))
            return
        }
        if context.channel.isWritable && unencrypted.readableBytes == 0 {
            continuation.resume(returning: .success(()))
        } else {
            writers.append(continuation)
        }
    }

    func becameWritable() {
        if phase == .open && unencrypted.readableBytes > 0 {
            sendEncrypted()
        }
        guard unencrypted.readableBytes == 0, context?.channel.isWritable == true else { return }
        let ready = writers
        writers = []
        for writer in ready {
            writer.resume(returning: .success(()))
        }
        resumeReading()
    }

    /// Hands bytes to the socket.
    func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        mayHaveUnsent = true
        context.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
    }

    /// Encrypts and sends while the socket takes it, so that a large write is never held twice.
    func sendEncrypted() {
        while unencrypted.readableBytes > 0, let engine, let context, context.channel.isWritable {
            let problem = engine.encrypt(&unencrypted, atMost: Self.encryptionBatch)
            sendOutput(of: engine)
            if let problem {
                abort(.tls(problem))
                return
            }
        }
        if unencrypted.readableBytes == 0 {
            unencrypted = ByteBuffer()
        }
    }

    /// Sends what OpenSSL has to say: records, handshake messages, alerts.
    func sendOutput(of engine: TLSEngine) {
        let output = engine.takeOutput()
        if output.readableBytes > 0, let context {
            send(output, context)
        }
    }

    /// Bytes given to the socket that the system has not taken yet.
    var unsentBytes: Int {
        guard let options = context?.channel.syncOptions else { return 0 }
        // Throws only on a closed channel, which has nothing to send.
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Ends a connection whose unsent bytes have not moved for the write timeout.
    func checkProgress(_ now: NIODeadline) {
        let unsent = unsentBytes
        if unsent == 0 {
            mayHaveUnsent = false
            lastUnsent = 0
        } else if unsent != lastUnsent {
            lastUnsent = unsent
            stallDeadline = now + TimeAmount(listener.limiter.limits.writeTimeout)
        } else if now >= stallDeadline {
            abort(.timedOut)
        }
    }
}
