import NIOCore

extension ConnectionHandler {
    /// Plain bytes compressed and encrypted before one flush.
    private static let batchSize = 64 * 1024

    /// Sends bytes; nil when the caller should wait until the client has read some.
    func write(_ bytes: ByteBuffer) -> VoidResult? {
        guard phase == .open, !isOutputEnded, let context else {
            return .failure(failure ?? .closed)
        }
        guard bytes.readableBytes > 0 else { return .success(()) }
        if engine == nil && compression == nil {
            send(bytes, context)
        } else {
            if outgoing.readableBytes == 0 {
                outgoing = bytes
            } else {
                outgoing.writeImmutableBuffer(bytes)
            }
            sendOutgoing()
            if let failure { return .failure(failure) }
        }
        let hasRoom = context.channel.isWritable && outgoing.readableBytes == 0
        return hasRoom ? .success(()) : nil
    }

    func waitUntilWritable(_ continuation: UnsafeContinuation<VoidResult, Never>) {
        guard phase == .open, let context else {
            continuation.resume(returning: .failure(failure ?? .closed))
            return
        }
        if context.channel.isWritable && outgoing.readableBytes == 0 {
            continuation.resume(returning: .success(()))
        } else {
            writers.append(continuation)
        }
    }

    func becameWritable() {
        if phase == .open && outgoing.readableBytes > 0 {
            sendOutgoing()
        }
        guard outgoing.readableBytes == 0, context?.channel.isWritable == true else { return }
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

    /// Compresses, encrypts and sends while the socket takes it, so that a large write is never
    /// held twice.
    func sendOutgoing() {
        while let context, context.channel.isWritable,
            let batch = outgoing.readSlice(length: min(outgoing.readableBytes, Self.batchSize)),
            batch.readableBytes > 0
        {
            do {
                try send(batch: batch, isLast: outgoing.readableBytes == 0, context)
            } catch {
                abort(error)
                return
            }
        }
        if outgoing.readableBytes == 0 {
            outgoing = ByteBuffer()
        }
    }

    private func send(
        batch: ByteBuffer, isLast: Bool, _ context: ChannelHandlerContext
    ) throws(ConnectionError) {
        let batch = try compression?.deflate(batch, flush: isLast) ?? batch
        guard batch.readableBytes > 0 else { return }
        guard let engine else {
            send(batch, context)
            return
        }
        let problem = engine.encrypt(batch)
        sendOutput(of: engine)
        if let problem { throw .tls(problem) }
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

    /// Here, or with the system, which has not sent them even once.
    var hasUnsentOutput: Bool {
        guard outgoing.readableBytes == 0, unsentBytes == 0 else { return true }
        guard let channel = context?.channel as? any SocketOptionProvider else { return false }
        var isUnsent = false
        // On the channel's loop the answer is there at once. TLS messages that follow on their own count,
        // too, but the system never keeps these few octets while nothing is before them.
        let info: EventLoopFuture<TCPInfo> = channel.unsafeGetSocketOption(
            level: .tcp, name: .init(rawValue: TCPInfo.option))
        info.assumeIsolated().whenSuccess { isUnsent = $0.notSentBytes > 0 }
        return isUnsent
    }

    /// Ends a connection whose unsent bytes have not moved for the write timeout.
    func checkProgress(_ now: NIODeadline) {
        let unsent = unsentBytes
        if unsent == 0 {
            mayHaveUnsent = false
            lastUnsent = 0
        } else if unsent != lastUnsent {
            lastUnsent = unsent
            stallDeadline = now + TimeAmount(owner.writeTimeout)
        } else if now >= stallDeadline {
            abort(.timedOut)
        }
    }
}

/// The begin of Linux's `struct tcp_info`, as far as it is asked for here; glibc's has less of it.
private struct TCPInfo: Sendable {
    /// TCP_INFO
    static let option: CInt = 11

    private var fields = InlineArray<37, UInt32>(repeating: 0)

    /// tcpi_notsent_bytes (Linux 4.6), octets 144 to 147.
    var notSentBytes: UInt32 { fields[36] }
}
