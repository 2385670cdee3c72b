import NIOCore
import Synchronization

/// Makes connections to other servers. They live on the same event loops as accepted ones and are
/// like them in everything: input limit, deadlines, TLS, orderly close.
///
/// A session runs best in `run(to:)`: on its connection's loop, where `read` and `write` return
/// without a hop, and ended when its task is cancelled.
package final class Connector: Sendable {
    let writeTimeout: Duration
    private let group: TransportGroup
    private let connections = SessionCount()
    private let isStopping = Atomic(false)
    private let turn = Atomic(0)

    /// - Parameter writeTimeout: a connection whose unsent bytes made no progress for this long is
    ///   closed.
    package init(group: TransportGroup, writeTimeout: Duration = .seconds(120)) {
        self.group = group
        self.writeTimeout = writeTimeout
    }

    /// Connects, runs `session` on the connection's loop as part of the caller's task, and closes the
    /// connection: in order when the session returns, at once when the task is cancelled. Whoever
    /// waits in the connection then gets `.cancelled`, and so does every later call.
    ///
    /// The connection must not be used after the session's end.
    ///
    /// - Parameters:
    ///   - source: the address to connect from, in text; nil: as the system chooses.
    ///   - timeout: for the connection alone.
    ///   - neighbour: the loop is this connection's, for one that works with it; nil: each loop in
    ///     turn.
    /// - Throws: why there is no connection; the session's errors are in its value.
    @concurrent
    package func run<Value: Sendable>(
        to endpoint: Endpoint, from source: String? = nil, timeout: Duration,
        near neighbour: Connection? = nil,
        _ session: @escaping @Sendable (Connection) async -> Value
    ) async throws(ConnectionError) -> Value {
        let loop = chooseLoop(near: neighbour)
        let result = await withTaskExecutorPreference(loop.executor) {
            () async -> Result<Value, ConnectionError> in
            switch await self.open(endpoint, from: source, timeout: timeout, on: loop) {
            case .failure(let error):
                return .failure(error)
            case .success(let connection):
                let value = await connection.abortedWhenCancelled { await session(connection) }
                await connection.close()
                return .success(value)
            }
        }
        return try result.get()
    }

    /// Connects. The caller ends the connection with `close()` or `abort()`. Cancelling its task ends
    /// the wait here; what waits in the connection later only inside of `abortedWhenCancelled`.
    ///
    /// - Throws: `.refused`, `.timedOut`, `.unreachable`, `.cancelled`, `.closed` after `shutDown`, or
    ///   `.io`, for a source address that is not ours, say.
    package func connect(
        to endpoint: Endpoint, from source: String? = nil, timeout: Duration,
        near neighbour: Connection? = nil
    ) async throws(ConnectionError) -> Connection {
        let loop = chooseLoop(near: neighbour)
        return try await open(endpoint, from: source, timeout: timeout, on: loop).get()
    }

    /// Connections now, with those that are being made.
    package var connectionCount: Int { connections.count }

    /// Makes no more connections and aborts those that are left; what waits in them gets `.closed`.
    package func shutDown() async {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        group.forEachConnection(of: self) { $0.abort(.closed) }
        _ = await connections.waitUntilIdle(atMost: .seconds(1), group.loops[0].eventLoop)
    }

    private func chooseLoop(near neighbour: Connection?) -> LoopContext {
        if let neighbour { return neighbour.loop }
        let (turn, _) = turn.wrappingAdd(1, ordering: .relaxed)
        return group.loops[Int(UInt(bitPattern: turn) % UInt(group.loops.count))]
    }

    // MARK: Connecting

    private func open(
        _ endpoint: Endpoint, from source: String?, timeout: Duration, on loop: LoopContext
    ) async -> Result<Connection, ConnectionError> {
        let attempt: ConnectionAttempt
        do throws(ConnectionError) {
            attempt = try ConnectionAttempt(endpoint, from: source, timeout: timeout, self, loop)
        } catch {
            return .failure(error)
        }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                loop.execute { attempt.start(continuation) }
            }
        } onCancel: {
            loop.eventLoop.execute { attempt.connection.abort(.cancelled) }
        }
        return result.map { Connection(attempt.connection) }
    }

    /// On a loop, before the socket is connected.
    func begin() throws(ConnectionError) {
        guard !isStopping.load(ordering: .sequentiallyConsistent) else { throw .closed }
        connections.begin()
    }
}

extension Connector: ConnectionOwner {
    func connectionOpened(_ connection: ConnectionHandler) {
        connection.connected()
    }

    func tlsEstablished(_: ConnectionHandler) {
        // An outgoing connection's handshake has its caller waiting, unless it was aborted.
    }

    func tlsFailed(_: ConnectionHandler, _: ConnectionError) {
        // The caller logs it, with what it was about to do.
    }

    func connectionEnded(_: ConnectionHandler) {
        connections.end()
    }
}
