internal import Logging
internal import NIOCore
internal import Transport

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Where a listener listens: an address, or a socket that does already.
enum ListeningPlace: Sendable, CustomStringConvertible {
    case address(host: String, port: Int)
    case socket(ListeningSocket)

    var host: String {
        switch self {
        case .address(let host, _): host
        case .socket(let socket): socket.address.ipAddress ?? ""
        }
    }

    var description: String {
        switch self {
        case .address(let host, let port): "\(host) port \(port)"
        case .socket(let socket): "\(host) port \(socket.port)"
        }
    }

    /// Why one can't listen there. A description of `IOError` would name the place once more.
    static func reason(_ error: any Error) -> String {
        if error is SocketAddressError.UnknownHost { return "no such host" }
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }

    /// - Throws: `IOError` when the address is taken or not ours.
    func listen(
        group: TransportGroup, implicitTLS: TLSServerContext? = nil, limiter: ConnectionLimiter,
        tlsHandshakeTimeout: Duration = .seconds(30), onBusy: ByteBuffer? = nil, logger: Logger,
        handler: @escaping @Sendable (Connection) async -> Void
    ) async throws -> Listener {
        switch self {
        case .address(let host, let port):
            try await Listener.bind(
                host: host, port: port, group: group, implicitTLS: implicitTLS, limiter: limiter,
                tlsHandshakeTimeout: tlsHandshakeTimeout, onBusy: onBusy, logger: logger,
                handler: handler)
        case .socket(let socket):
            try await Listener.bind(
                socket: socket, group: group, implicitTLS: implicitTLS, limiter: limiter,
                tlsHandshakeTimeout: tlsHandshakeTimeout, onBusy: onBusy, logger: logger,
                handler: handler)
        }
    }
}
