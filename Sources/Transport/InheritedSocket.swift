import Glibc
package import NIOCore

/// A listening socket that a service manager has opened for this process.
package struct InheritedSocket: Sendable {
    package let descriptor: CInt
    /// FileDescriptorName= of the socket unit; `unknown` when the manager gives no names.
    package let name: String
    /// Where it listens.
    package let address: SocketAddress

    /// 0 for a Unix socket.
    package var port: Int { address.port ?? 0 }

    /// - Throws: `IOError` when the descriptor is no listening stream socket of IPv4, IPv6 or Unix.
    package init(descriptor: CInt, name: String) throws {
        guard try Self.option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue),
            try Self.option(SO_ACCEPTCONN, of: descriptor) == 1
        else { throw IOError(errnoCode: EINVAL, reason: "inherited socket \(name) does not listen") }
        self.descriptor = descriptor
        self.name = name
        address = try ListeningAddress.address(of: descriptor)
    }

    private static func option(_ option: CInt, of descriptor: CInt) throws -> CInt {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 else {
            throw IOError(errnoCode: errno, reason: "inherited descriptor \(descriptor)")
        }
        return value
    }
}
