import NIOCore

extension ConnectionHandler {
    /// How long input is read and dropped after our side is closed; noticed up to a second later.
    private static let lingerTime = TimeAmount.seconds(2)

    func close(
        after farewell: ByteBuffer, isAsked: Bool, _ done: UnsafeContinuation<Void, Never>
    ) {
        guard phase != .closed, let context else {
            done.resume()
            return
        }
        closers.append(done)
        guard phase == .open else { return }
        if isAsked { isStreaming = false }
        isPeerSurprised = !isAsked && farewell.readableBytes > 0 && !isShutdownAnnounced
        say(farewell)
        guard phase == .open else { return }
        phase = .closing
        failWaiting(.closed)
        if let engine {
            engine.close()
            sendOutput(of: engine)
        }
        guard unsentBytes > 0 else {
            finishClosing()
            return
        }
        phaseDeadline = .now() + TimeAmount(owner.writeTimeout)
        // Written after all that is unsent; its promise tells when that is gone.
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenSuccess { self.finishClosing() }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: sent)
    }

    /// What close_notify follows at once goes out with it, and both with the FIN.
    private func say(_ farewell: ByteBuffer) {
        guard farewell.readableBytes > 0 else { return }
        guard !isOutputEnded, outgoing.readableBytes == 0 else {
            _ = write(farewell)
            return
        }
        if unsentBytes == 0 { cork() }
        do throws(ConnectionError) {
            let octets = try compression?.deflate(farewell, flush: true) ?? farewell
            guard let engine else {
                if let context { send(octets, context) }
                return
            }
            if let problem = engine.encrypt(octets) { throw .tls(problem) }
        } catch {
            abort(error)
        }
    }

    /// The system keeps what is written back until our side is closed, or for 200 ms (TCP_CORK of
    /// tcp(7)): its last octets and FIN are one segment then, which wakes the peer once.
    private func cork() {
        isCorked = true
        // A socket that can't has more segments.
        try? context?.channel.syncOptions?.setOption(.tcpOption(.init(rawValue: 3)), value: 1)
    }

    /// Says that nothing follows, behind all that is unsent; the peer may still speak.
    func endOutput() {
        guard phase == .open, !isOutputEnded, let context else { return }
        isOutputEnded = true
        if let engine {
            engine.close()
            sendOutput(of: engine)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenSuccess { self.context?.close(mode: .output, promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: sent)
    }

    /// Closing a socket with unread input makes the system send a reset, which may destroy our
    /// last reply on its way. So when the client is likely still sending, only our side is
    /// closed, and the input is dropped for a moment.
    private func finishClosing() {
        guard phase == .closing, let context else { return }
        let isClientSending =
            isPeerSurprised || input.readableBytes > 0 || isReadSuppressed || isStreaming
        guard isClientSending && !isInputEnded else {
            // A reset would destroy what is kept back.
            if isCorked { context.close(mode: .output, promise: nil) }
            context.close(promise: nil)
            return
        }
        phase = .lingering
        phaseDeadline = .now() + Self.lingerTime
        input = ByteBuffer()
        compression = nil
        context.close(mode: .output, promise: nil)
        resumeReading()
    }

    /// Closes now. `error` is what waiting calls throw.
    func abort(_ error: ConnectionError) {
        guard phase != .closed else { return }
        phase = .closing
        fail(error)
        context?.close(promise: nil)
    }

    /// Records why the connection ended and tells everyone who waits.
    func fail(_ error: ConnectionError) {
        if failure == nil {
            failure = error
        }
        failWaiting(failure ?? error)
    }

    private func failWaiting(_ error: ConnectionError) {
        if let reader = reader.take() {
            reader.resume(returning: .failure(error))
        }
        if let opener = opener.take() {
            opener.resume(returning: .failure(error))
        }
        let waiting = writers
        writers = []
        for writer in waiting {
            writer.resume(returning: .failure(error))
        }
        outgoing = ByteBuffer()
    }
}
