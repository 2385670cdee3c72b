import NIOCore

extension ConnectionHandler {
    /// RFC 3207 section 4.2: what the client sent in the clear behind STARTTLS must not be taken
    /// for something it said under TLS (CVE-2011-0411).
    func startTLS(
        _ tls: TLSServerContext, reply: ByteBuffer?, timeout: Duration,
        _ continuation: UnsafeContinuation<VoidResult, Never>
    ) {
        guard let context = contextForTLS(continuation) else { return }
        if let reply {
            send(reply, context)
        }
        opener = continuation
        beginHandshake(timeout: timeout) { () throws(ConnectionError) in try TLSEngine(tls) }
    }

    /// The client's side: the same is true of what the server sent behind its 220.
    func startTLS(
        _ tls: TLSClientContext, _ peer: TLSPeer, timeout: Duration,
        _ continuation: UnsafeContinuation<VoidResult, Never>
    ) {
        guard contextForTLS(continuation) != nil else { return }
        opener = continuation
        beginHandshake(timeout: timeout) { () throws(ConnectionError) in try TLSEngine(tls, peer) }
        if let engine {
            advance(engine, engine.receive(ByteBuffer(), into: &input))
        }
    }

    /// Nil when a handshake can't begin here; `continuation` is resumed then.
    private func contextForTLS(
        _ continuation: UnsafeContinuation<VoidResult, Never>
    ) -> ChannelHandlerContext? {
        guard phase == .open, engine == nil, compression == nil, let context else {
            continuation.resume(returning: .failure(failure ?? .closed))
            return nil
        }
        guard input.readableBytes == 0 else {
            continuation.resume(returning: .failure(.clearTextAfterStartTLS))
            input = ByteBuffer()
            abort(.clearTextAfterStartTLS)
            return nil
        }
        return context
    }

    func beginHandshake(
        timeout: Duration, _ makeEngine: () throws(ConnectionError) -> TLSEngine
    ) {
        phase = .handshaking
        phaseDeadline = .now() + TimeAmount(timeout)
        do {
            engine = try makeEngine()
        } catch {
            abort(error)
            return
        }
        if isInputEnded {
            abort(.closed)
        }
    }

    /// Feeds records to OpenSSL; what they contain goes to `input`, by way of the inflater if there
    /// is one.
    func receiveEncrypted(_ chunk: ByteBuffer) {
        guard let engine else { return }
        let progress =
            compression?.receive { engine.receive(chunk, into: &$0) }
            ?? engine.receive(chunk, into: &input)
        advance(engine, progress)
    }

    private func advance(_ engine: TLSEngine, _ progress: TLSEngine.Progress) {
        if engine.hasUrgentOutput {
            sendOutput(of: engine)
        }
        switch progress {
        case .failed(let error):
            owner.tlsFailed(self, error)
            // The records before the failing one are good, but nobody will act on them.
            input = ByteBuffer()
            abort(error)
            return
        case .handshaking:
            return
        case .established, .ended:
            break
        }
        inflateInput(isAsked: reader != nil)
        if phase == .handshaking {
            finishHandshake(engine)
        }
        if case .ended = progress {
            endInput()
        }
    }

    private func finishHandshake(_ engine: TLSEngine) {
        phase = .open
        phaseDeadline = .distantFuture
        session = TLSSession(engine)
        if let opener = opener.take() {
            opener.resume(returning: .success(()))
        } else {
            owner.tlsEstablished(self)
        }
    }
}
