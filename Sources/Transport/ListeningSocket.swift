import Glibc
package import NIOCore

/// A socket that listens before its `Listener` is there: a service manager has opened it, or this
/// process while it still had the right to the port.
package struct ListeningSocket: Sendable {
    package let descriptor: CInt
    /// FileDescriptorName= of a socket unit; `unknown` when the manager gives no names.
    package let name: String
    /// Where it listens.
    package let address: SocketAddress

    /// 0 for a Unix socket.
    package var port: Int { address.port ?? 0 }

    /// Opens one on an address. Clients wait in its backlog until a listener takes it.
    /// - Parameter port: 0 for any free one.
    /// - Throws: `IOError` when the address is taken or not ours.
    package static func open(
        host: String, port: Int, name: String, backlog: Int = 1024
    ) throws -> ListeningSocket {
        let descriptor = try ListeningAddress.boundSocket(
            .makeAddressResolvingHost(host, port: port))
        guard listen(descriptor, CInt(clamping: backlog)) == 0 else {
            let error = IOError(errnoCode: errno, reason: "listen on \(host) port \(port)")
            Glibc.close(descriptor)
            throw error
        }
        return try ListeningSocket(descriptor: descriptor, name: name)
    }

    /// Tries whether an address could be listened on now.
    /// - Throws: `IOError` when the address is taken or not ours.
    package static func probe(host: String, port: Int) throws {
        _ = try ListeningAddress.claim(host: host, port: port)
    }

    /// - Throws: `IOError` when the descriptor is no listening stream socket of IPv4, IPv6 or Unix.
    package init(descriptor: CInt, name: String) throws {
        guard try Self.option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue),
            try Self.option(SO_ACCEPTCONN, of: descriptor) == 1
        else { throw IOError(errnoCode: EINVAL, reason: "socket \(name) does not listen") }
        self.descriptor = descriptor
        self.name = name
        address = try ListeningAddress.address(of: descriptor)
    }

    private static func option(_ option: CInt, of descriptor: CInt) throws -> CInt {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 else {
            throw IOError(errnoCode: errno, reason: "descriptor \(descriptor)")
        }
        return value
    }
}
