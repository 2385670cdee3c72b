package import NIOCore
import Synchronization

/// One connection, accepted or outgoing, bound to an event loop. Its session runs as one task on that
/// loop, so a call returns without suspension whenever the bytes, or the room for them, are there.
///
/// One reader at a time. Calls from elsewhere than the loop work too, through a hop.
package final class Connection: Sendable {
    package let remoteAddress: PeerAddress
    package let localAddress: PeerAddress
    private let handler: ConnectionHandler
    private let eventLoop: any EventLoop

    /// On the connection's loop, once the connection is up.
    init(_ handler: ConnectionHandler) {
        self.handler = handler
        eventLoop = handler.loop.eventLoop
        remoteAddress = handler.remoteAddress
        localAddress = handler.localAddress
    }

    var loop: LoopContext { handler.loop }

    /// What has arrived, or nil at the end of the input. While nobody reads, at most about 64 KiB
    /// are taken from the socket.
    package func read() async throws(ConnectionError) -> ByteBuffer? {
        switch try await event(.plain) {
        case .input(let bytes): bytes
        // Others wait for these.
        case .end, .woken, .quiet: nil
        }
    }

    /// Like `read()`, and ends with `.woken` too, once after any number of calls of `wake()`. Input
    /// that has arrived comes before a wake, and so does the end.
    package func next() async throws(ConnectionError) -> ConnectionEvent {
        try await event(.wakeable)
    }

    /// Like `next()`, and ends with `.quiet` too, after a second or two: for who holds what is not to
    /// be held for long.
    package func nextSoon() async throws(ConnectionError) -> ConnectionEvent {
        try await event(.brief)
    }

    private func event(_ wait: ConnectionHandler.ReaderWait) async throws(ConnectionError) -> ConnectionEvent {
        if eventLoop.inEventLoop, let ready = handler.takeEvent(wait) {
            await giveWay()
            return try ready.get()
        }
        let result = await withUnsafeContinuation { continuation in
            onLoop { $0.read(continuation, wait) }
        }
        return try result.get()
    }

    /// Makes the waiting `next()` or `nextSoon()`, or else the coming one, return `.woken`. From any thread; many
    /// calls are as cheap as one until that has happened. `read()` leaves the wake to `next()`.
    package func wake() {
        let wasRequested = handler.isWakeRequested.exchange(true, ordering: .acquiringAndReleasing)
        if !wasRequested {
            onLoop { $0.wake() }
        }
    }

    /// Whether the client has sent what nobody has read yet: before the greeting, say. To be asked
    /// in the handler's own task, on the connection's loop.
    package var hasUnreadInput: Bool {
        eventLoop.preconditionInEventLoop()
        return handler.hasUnreadInput
    }

    /// Whether a reader need not wait: for input, or for the connection's end.
    package func hasNews() async -> Bool {
        if eventLoop.inEventLoop { return handler.hasNews }
        return await withUnsafeContinuation { continuation in
            onLoop { continuation.resume(returning: $0.hasNews) }
        }
    }

    /// Whether octets that were written have never left this host: then nothing that the peer has
    /// said so far can be an answer to the last of them. Costs a system call.
    package func hasUnsentOutput() async -> Bool {
        if eventLoop.inEventLoop { return handler.hasUnsentOutput }
        return await withUnsafeContinuation { continuation in
            onLoop { continuation.resume(returning: $0.hasUnsentOutput) }
        }
    }

    /// Suspends for a time exact to a few milliseconds, other than a read deadline, and never less.
    /// To be used in the handler's own task; input that arrives meanwhile is kept for `read()`.
    package func pause(_ delay: Duration) async {
        await withUnsafeContinuation { continuation in
            eventLoop.preconditionInEventLoop()
            handler.loop.pauses.add(continuation, until: .now() + TimeAmount(delay))
        }
    }

    /// Lets the loop's other connections have their turn when this one has had a long one. To be
    /// called in the handler's own task wherever much is done without a wait.
    package func giveWay() async {
        guard eventLoop.inEventLoop, handler.loop.executor.isTurnOver else { return }
        await Task.yield()
    }

    /// Sends bytes, in one flush. Returns at once while less than 64 KiB are unsent, else waits
    /// until the client reads on; `.timedOut` and the connection's end after the write timeout.
    package func write(_ bytes: ByteBuffer) async throws(ConnectionError) {
        if eventLoop.inEventLoop, let ready = handler.write(bytes) {
            return try ready.get()
        }
        let isOnLoop = eventLoop.inEventLoop
        let result = await withUnsafeContinuation { continuation in
            onLoop {
                if isOnLoop {
                    $0.waitUntilWritable(continuation)
                } else if let ready = $0.write(bytes) {
                    continuation.resume(returning: ready)
                } else {
                    $0.waitUntilWritable(continuation)
                }
            }
        }
        return try result.get()
    }

    /// Runs a part of the session in a task of its own, on the same loop, and returns at its end. To be
    /// used for what calls deep: a task keeps the most memory that its calls have ever needed, and
    /// the session's own task is there as long as the client.
    package func inOwnTask(
        _ body: @escaping () async throws(ConnectionError) -> Void
    ) async throws(ConnectionError) {
        let body = Confined(value: body)
        let result = await Task(executorPreference: handler.loop.executor) {
            () async -> Result<Void, ConnectionError> in
            do throws(ConnectionError) {
                return .success(try await body.value())
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
    }

    /// What is handed to a task while the task that it belongs to does nothing but wait.
    private struct Confined<Value>: @unchecked Sendable {
        let value: Value
    }

    /// `read()` throws `.timedOut` when nothing has arrived until then (up to a second later).
    /// Holds until it is set anew; nil: no deadline.
    package func setReadDeadline(_ after: Duration?) {
        let deadline = after.map { NIODeadline.now() + TimeAmount($0) } ?? .distantFuture
        guard !eventLoop.inEventLoop else { return handler.readDeadline = deadline }
        eventLoop.execute { [handler] in handler.readDeadline = deadline }
    }

    /// Sends `reply` in the clear, then lets the client begin a TLS handshake, and returns when it
    /// is done. Clear text that arrived unread before means `.clearTextAfterStartTLS`; what the
    /// caller has read and not yet parsed is the caller's to check. After any error the
    /// connection is closed.
    ///
    /// Give the reply here rather than to `write`: nothing can then arrive between the two.
    package func startTLS(
        _ context: TLSServerContext, reply: ByteBuffer? = nil, timeout: Duration
    ) async throws(ConnectionError) {
        let result = await withUnsafeContinuation { continuation in
            onLoop { $0.startTLS(context, reply: reply, timeout: timeout, continuation) }
        }
        return try result.get()
    }

    /// The client's side: begins a handshake, after a server's reply to STARTTLS or at once, and
    /// returns when the server has proved what is demanded. Clear text that arrived unread before, and
    /// `unparsed`, what the caller has read behind the reply, mean `.clearTextAfterStartTLS`. After
    /// any error the connection is closed. `tls` tells what was agreed.
    ///
    /// - Parameters:
    ///   - serverName: sent as server_name, unless it is an address; nil: none is sent.
    ///   - timeout: for the whole handshake; noticed up to a second later.
    /// - Throws: `.certificate` when the server is not who it must be, `.tls` for another failure.
    package func startTLS(
        _ context: TLSClientContext, serverName: String?, verification: PeerVerification,
        unparsed: ByteBuffer = ByteBuffer(), timeout: Duration
    ) async throws(ConnectionError) {
        guard unparsed.readableBytes == 0 else {
            abort()
            throw .clearTextAfterStartTLS
        }
        let peer = TLSPeer(
            address: remoteAddress, serverName: serverName, verification: verification)
        let result = await withUnsafeContinuation { continuation in
            onLoop { $0.startTLS(context, peer, timeout: timeout, continuation) }
        }
        return try result.get()
    }

    /// Sends `reply` as it is, then takes everything in both directions for one raw DEFLATE stream
    /// each (RFC 4978), above TLS if that is on. A damaged stream ends the connection with
    /// `.compression`; the client's end of its stream is the end of the input.
    ///
    /// What has arrived unread is compressed already. `unparsed` is what the caller has read behind
    /// the command. At most about 64 KiB are inflated ahead of the reader, and a connection that
    /// was idle for two seconds keeps only what the client sent last, at most 32 KiB.
    package func startCompression(
        reply: ByteBuffer, unparsed: ByteBuffer = ByteBuffer()
    ) async throws(ConnectionError) {
        try await write(reply)
        let result = await withUnsafeContinuation { continuation in
            onLoop { $0.startCompression(unparsed: unparsed, continuation) }
        }
        try result.get()
    }

    /// Sends `reply`, which ends our stream (RFC 1951's final block), and takes everything in both
    /// directions as it is from there on. To be called before anything is read behind the command
    /// that asks for it: what the client has compressed must end with that, by a flush or by the
    /// end of its stream; more of it ends the connection with `.compression`.
    package func stopCompression(reply: ByteBuffer) async throws(ConnectionError) {
        let written = await withUnsafeContinuation { continuation in
            onLoop { $0.waitUntilWritable(continuation) }
        }
        try written.get()
        let result = await withUnsafeContinuation { continuation in
            onLoop { $0.stopCompression(reply: reply, continuation) }
        }
        try result.get()
    }

    /// Nil in clear.
    package var tls: TLSSession? { handler.session }

    /// Sends what is unsent, TLS's close_notify and FIN, and returns when the connection is
    /// closed: at most the write timeout and a few seconds later.
    ///
    /// - Parameters:
    ///   - farewell: sent before; in TLS together with close_notify.
    ///   - isAsked: the peer has asked for the end and says nothing more. Else it may be speaking:
    ///     what it says is dropped for two seconds or three, so that the farewell reaches it.
    package func close(after farewell: ByteBuffer = ByteBuffer(), isAsked: Bool = false) async {
        await withUnsafeContinuation { continuation in
            onLoop { $0.close(after: farewell, isAsked: isAsked, continuation) }
        }
    }

    /// Sends what is unsent, TLS's close_notify and FIN; what the peer still says can be read. Waiting
    /// writes must have returned, and none may follow.
    package func endOutput() { onLoop { $0.endOutput() } }

    /// Closes at once; unsent bytes are lost.
    package func abort() {
        onLoop { $0.abort(.closed) }
    }

    /// Closes at once if it is still to be done when its turn comes on the connection's loop: nothing
    /// is written between the answer and the end.
    package func abort(if isDue: @escaping @Sendable () -> Bool) {
        onLoop { if isDue() { $0.abort(.closed) } }
    }

    /// Aborts the connection when the task that runs `body` is cancelled: what waits in the
    /// connection, and every later call, gets `.cancelled`. Input that has arrived can still be read.
    package func abortedWhenCancelled<Value>(_ body: () async -> Value) async -> Value {
        await withTaskCancellationHandler(operation: body) {
            // Not at once: cancelling may happen anywhere, even on the loop.
            eventLoop.execute { [handler] in handler.abort(.cancelled) }
        }
    }

    /// Runs `body`, a part of the caller's task, on the connection's loop, where `read` and `write`
    /// return without a hop.
    package func onItsLoop<Value>(_ body: () async -> Value) async -> Value {
        await withTaskExecutorPreference(loop.executor, operation: body)
    }

    private func onLoop(_ body: @escaping @Sendable (ConnectionHandler) -> Void) {
        if eventLoop.inEventLoop {
            body(handler)
        } else {
            eventLoop.execute { [handler] in body(handler) }
        }
    }
}

extension ConnectionHandler {
    fileprivate var hasUnreadInput: Bool {
        input.readableBytes > 0 || compression?.isBehind == true
    }

    fileprivate var hasNews: Bool { hasUnreadInput || isInputEnded || phase != .open }
}
