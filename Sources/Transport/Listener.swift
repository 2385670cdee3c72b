import Glibc
package import Logging
package import NIOCore
import NIOPosix
import Synchronization

/// A listening address and the connections accepted on it.
///
/// Each event loop has a listening socket of its own on the address (SO_REUSEPORT): the kernel
/// spreads the clients, and no connection is handed from thread to thread. A socket that was open
/// before is one: one loop accepts for all of them. Failing to accept (too
/// many open files …) pauses accepting for a moment and never ends it.
package final class Listener: Sendable {
    package let port: Int

    let implicitTLS: TLSServerContext?
    let limiter: ConnectionLimiter
    let tlsHandshakeTimeout: Duration
    let onBusy: ByteBuffer?
    let logger: Logger
    let handler: @Sendable (Connection) async -> Void
    private let group: TransportGroup
    private let address: SocketAddress
    /// A socket that listens already.
    private let descriptor: CInt?
    /// A Unix socket.
    package var isLocal: Bool { address.protocol == .unix }
    private let backlog: Int32
    let sessions = SessionCount()
    private let state = Mutex(State())

    private struct State {
        var channels: [any Channel] = []
        var isStopping = false
    }

    /// Listens, and serves every connection with `handler`, in a task of its own.
    ///
    /// - Parameters:
    ///   - port: 0 for any free one; see `port`.
    ///   - implicitTLS: the handshake comes before the handler runs.
    ///   - limiter: may be shared with other listeners of the service.
    ///   - onBusy: sent to a client that a limit refuses, before closing; not with implicit TLS.
    /// - Throws: `IOError` when the address is taken or not ours.
    package static func bind(
        host: String, port: Int, group: TransportGroup, implicitTLS: TLSServerContext? = nil,
        limiter: ConnectionLimiter, tlsHandshakeTimeout: Duration = .seconds(30),
        onBusy: ByteBuffer? = nil, backlog: Int = 1024, logger: Logger,
        handler: @escaping @Sendable (Connection) async -> Void
    ) async throws -> Listener {
        let address = try ListeningAddress.claim(host: host, port: port)
        let listener = Listener(
            address: address, group: group, implicitTLS: implicitTLS, limiter: limiter,
            tlsHandshakeTimeout: tlsHandshakeTimeout, onBusy: onBusy, backlog: backlog,
            logger: logger, handler: handler)
        try await listener.listen(on: group.loops)
        return listener
    }

    /// Listens on a Unix socket, one loop for all of its clients: it is for administration. What
    /// stood at the path is removed. Who may connect is up to the folder's permissions.
    package static func bind(
        path: String, group: TransportGroup, limiter: ConnectionLimiter, logger: Logger,
        handler: @escaping @Sendable (Connection) async -> Void
    ) async throws -> Listener {
        let listener = Listener(
            address: try SocketAddress(unixDomainSocketPath: path), group: group, implicitTLS: nil,
            limiter: limiter, tlsHandshakeTimeout: .zero, onBusy: nil, backlog: 64, logger: logger,
            handler: handler)
        try SocketFile.removeStale(path)
        try await listener.listen(on: [group.loops[0]])
        return listener
    }

    /// Serves a socket that listens already, and closes it in the end. Parameters as above.
    ///
    /// One loop accepts, and the loops take turns at the connections: where several wait for one
    /// socket, each client wakes all of them, and those that come too late find nothing to accept,
    /// which the event loops take for a fault.
    package static func bind(
        socket: ListeningSocket, group: TransportGroup,
        implicitTLS: TLSServerContext? = nil, limiter: ConnectionLimiter,
        tlsHandshakeTimeout: Duration = .seconds(30), onBusy: ByteBuffer? = nil,
        backlog: Int = 1024, logger: Logger, handler: @escaping @Sendable (Connection) async -> Void
    ) async throws -> Listener {
        let listener = Listener(
            address: socket.address, descriptor: socket.descriptor, group: group,
            implicitTLS: implicitTLS, limiter: limiter, tlsHandshakeTimeout: tlsHandshakeTimeout,
            onBusy: onBusy, backlog: backlog, logger: logger, handler: handler)
        try await listener.listen(on: [group.loops[0]])
        return listener
    }

    private init(
        address: SocketAddress, descriptor: CInt? = nil, group: TransportGroup, implicitTLS: TLSServerContext?,
        limiter: ConnectionLimiter, tlsHandshakeTimeout: Duration, onBusy: ByteBuffer?,
        backlog: Int, logger: Logger, handler: @escaping @Sendable (Connection) async -> Void
    ) {
        self.address = address
        self.descriptor = descriptor
        self.port = address.port ?? 0
        self.group = group
        self.implicitTLS = implicitTLS
        self.limiter = limiter
        self.tlsHandshakeTimeout = tlsHandshakeTimeout
        self.onBusy = implicitTLS == nil ? onBusy : nil
        self.backlog = Int32(clamping: backlog)
        self.logger = logger
        self.handler = handler
    }

    private func listen(on loops: [LoopContext]) async throws {
        do {
            for loop in loops {
                let channel = try await listen(on: loop)
                state.withLock { $0.channels.append(channel) }
            }
        } catch {
            await stopAccepting()
            throw error
        }
    }

    private func listen(on loop: LoopContext) async throws -> any Channel {
        // Accepted sockets inherit TCP_NODELAY, which the bootstrap sets on the listening one.
        let isShared = descriptor != nil
        var bootstrap = ServerBootstrap(
            group: loop.eventLoop, childGroup: isShared ? group.group : loop.eventLoop
        )
        .serverChannelOption(.backlog, value: backlog)
        .serverChannelOption(.maxMessagesPerRead, value: 16)
        .serverChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let admission = isShared ? nil : Admission(self, loop)
                try channel.pipeline.syncOperations.addHandler(AcceptHandler(self, loop, admission))
            }
        }
        if let descriptor {
            bootstrap = bootstrap.childChannelInitializer(admitToAllLoops())
            let channel = try await bootstrap.withBoundSocket(duplicate(of: descriptor)).get()
            // NIO has set a backlog of its own.
            _ = Glibc.listen(descriptor, backlog)
            return channel
        }
        if !isLocal {
            bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.socketOption(ListeningAddress.reusePort), value: 1)
        }
        if address.protocol == .inet6 {
            bootstrap = bootstrap.serverChannelOption(
                ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: 1)
        }
        return try await bootstrap.bind(to: address).get()
    }

    private func admitToAllLoops() -> @Sendable (any Channel) -> EventLoopFuture<Void> {
        let admissions = Dictionary(
            uniqueKeysWithValues: group.loops.map {
                (ObjectIdentifier($0.eventLoop), Admission(self, $0))
            })
        return { channel in
            channel.eventLoop.makeCompletedFuture {
                try admissions[ObjectIdentifier(channel.eventLoop)]?.admit(channel)
            }
        }
    }

    private func duplicate(of descriptor: CInt) throws -> CInt {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw IOError(errnoCode: errno, reason: "dup") }
        return copy
    }

    /// Accepts no more; connections go on.
    package func stopAccepting() async {
        let (channels, isFirst) = state.withLock { state in
            defer { state = State(isStopping: true) }
            return (state.channels, !state.isStopping)
        }
        if let descriptor, isFirst {
            close(descriptor)
        }
        for channel in channels {
            // Fails only when the channel is closed already.
            try? await channel.close()
        }
    }

    /// Stops accepting; every session's pending or next read throws `.shuttingDown` once, so that
    /// it can say goodbye. What is left after `grace` is cut off. Returns when all sessions have
    /// ended, at most a second after that.
    package func shutDown(grace: Duration) async {
        await stopAccepting()
        group.forEachConnection(of: self) { $0.announceShutdown() }
        let timers = group.loops[0].eventLoop
        if await sessions.waitUntilIdle(atMost: grace, timers) { return }
        group.forEachConnection(of: self) { $0.abort(.closed) }
        _ = await sessions.waitUntilIdle(atMost: .seconds(1), timers)
    }

    /// Sessions now, those in a TLS handshake included.
    package var connectionCount: Int { sessions.count }

    /// Sessions since the listener was made.
    package var acceptedCount: Int { sessions.total }

    // MARK: Called on the loops

    /// accept(2) can fail in ways for which NIO closes the listening socket (a firewall's EPERM, a
    /// network that went down): listen again.
    func channelClosed(on loop: LoopContext) {
        guard !state.withLock({ $0.isStopping || $0.channels.isEmpty }) else { return }
        logger.error("listening socket closed, opening it again", metadata: ["port": "\(port)"])
        loop.eventLoop.scheduleTask(in: .seconds(1)) { self.listenAgain(on: loop) }
    }

    private func listenAgain(on loop: LoopContext) {
        guard !state.withLock({ $0.isStopping }) else { return }
        Task {
            do {
                let channel = try await listen(on: loop)
                let isStopping = state.withLock { state in
                    if !state.isStopping {
                        state.channels.removeAll { !$0.isActive }
                        state.channels.append(channel)
                    }
                    return state.isStopping
                }
                if isStopping {
                    try await channel.close()
                }
            } catch {
                logger.error("cannot listen", metadata: ["port": "\(port)", "error": "\(error)"])
                loop.eventLoop.scheduleTask(in: .seconds(1)) { self.listenAgain(on: loop) }
            }
        }
    }
}
