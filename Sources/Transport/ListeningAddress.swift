import Glibc
import NIOCore

/// Finds and checks the address that the listening sockets of all loops will share.
enum ListeningAddress {
    static let reusePort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)

    /// Binds a socket without SO_REUSEPORT and closes it. With that option alone a second server
    /// of the same user would silently get a share of the first one's clients; without it the
    /// system refuses (EADDRINUSE). Also chooses the port when it is 0.
    static func claim(host: String, port: Int) throws -> SocketAddress {
        let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        let descriptor = socket(
            Int32(address.protocol.rawValue), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = address.withSockAddr { Glibc.bind(descriptor, $0, socklen_t($1)) }
        guard bound == 0 else {
            throw IOError(errnoCode: errno, reason: "bind \(host) port \(port)")
        }
        guard port == 0 else { return address }
        return try chosenPort(of: descriptor, address)
    }

    private static func chosenPort(
        of descriptor: Int32, _ address: SocketAddress
    ) throws -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw IOError(errnoCode: errno, reason: "getsockname") }
        // The port stands at the same place in sockaddr_in and sockaddr_in6.
        let port = withUnsafeBytes(of: storage) {
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
        var chosen = address
        chosen.port = Int(port)
        return chosen
    }
}
