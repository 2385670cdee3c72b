import Glibc
import NIOCore
import NIOPosix

/// One try to connect to one address. Its connection tells the rest: it fails, is aborted or comes up.
struct ConnectionAttempt: Sendable {
    let connection: ConnectionHandler
    private let connector: Connector
    private let loop: LoopContext
    private let address: SocketAddress
    private let source: SocketAddress?
    private let timeout: TimeAmount

    init(
        _ endpoint: Endpoint, from source: String?, timeout: Duration, _ connector: Connector,
        _ loop: LoopContext
    ) throws(ConnectionError) {
        address = try endpoint.socketAddress()
        self.source =
            if let source { try Endpoint.address(source, port: 0).socketAddress() } else { nil }
        self.timeout = TimeAmount(timeout)
        self.connector = connector
        self.loop = loop
        connection = ConnectionHandler(
            loop: loop, owner: connector, remote: PeerAddress(address) ?? .localSocket,
            local: .localSocket, phase: .connecting)
    }

    /// On the loop.
    func start(_ opener: UnsafeContinuation<ConnectionHandler.VoidResult, Never>) {
        guard connection.phase == .connecting else {
            opener.resume(returning: .failure(connection.failure ?? .closed))
            return
        }
        connection.opener = opener
        var bootstrap = ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try attach(to: channel) }
            }
        if let source {
            bootstrap = bootstrap.bind(to: source)
            if case .v4 = source {
                // The port is chosen with the peer in view: the same one may go to many peers.
                bootstrap = bootstrap.channelOption(
                    ChannelOptions.Types.SocketOption(
                        level: .ip, name: .init(rawValue: IP_BIND_ADDRESS_NO_PORT)), value: 1)
            }
        }
        bootstrap.connect(to: address).whenFailure { error in
            connection.fail(ConnectionError(error))
        }
    }

    private func attach(to channel: any Channel) throws {
        // It may have been aborted in the meantime.
        guard connection.phase == .connecting else { throw connection.failure ?? .closed }
        try ConnectionHandler.configure(channel, loop, isTLS: false)
        try connector.begin()
        do {
            try channel.pipeline.syncOperations.addHandler(connection)
        } catch {
            connector.connectionEnded(connection)
            throw error
        }
    }
}

extension ConnectionHandler {
    /// The peer has accepted an outgoing connection.
    func connected() {
        guard phase == .connecting else { return }
        phase = .open
        if let local = context?.channel.localAddress.flatMap(PeerAddress.init) {
            localAddress = local
        }
        opener.take()?.resume(returning: .success(()))
    }
}
