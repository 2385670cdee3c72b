import Logging
import NIOCore

extension ConnectionHandler {
    /// RFC 3207 section 4.2: what the client sent in the clear behind STARTTLS must not be taken
    /// for something it said under TLS (CVE-2011-0411).
    func startTLS(
        _ tls: TLSServerContext, reply: ByteBuffer?, timeout: Duration,
        _ continuation: UnsafeContinuation<VoidResult, Never>
    ) {
        guard phase == .open, engine == nil, compression == nil, let context else {
            continuation.resume(returning: .failure(failure ?? .closed))
            return
        }
        guard input.readableBytes == 0 else {
            continuation.resume(returning: .failure(.clearTextAfterStartTLS))
            abort(.clearTextAfterStartTLS)
            return
        }
        if let reply {
            send(reply, context)
        }
        handshake = continuation
        beginHandshake(tls, timeout: timeout)
    }

    func beginHandshake(_ tls: TLSServerContext, timeout: Duration) {
        phase = .handshaking
        phaseDeadline = .now() + TimeAmount(timeout)
        do {
            engine = try TLSEngine(tls)
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
        if engine.hasUrgentOutput {
            sendOutput(of: engine)
        }
        switch progress {
        case .failed(let problem):
            listener.logger.debug(
                "TLS failed", metadata: ["client": "\(remoteAddress)", "error": "\(problem)"])
            // The records before the failing one are good, but nobody will act on them.
            input = ByteBuffer()
            abort(.tls(problem))
            return
        case .handshaking:
            return
        case .established, .ended:
            break
        }
        inflateInput()
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
        if let handshake = handshake.take() {
            handshake.resume(returning: .success(()))
        } else {
            startSession()
        }
    }
}
