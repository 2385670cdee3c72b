import Glibc
import NIOCore

/// Finds and checks the address that the listening sockets of all loops will share.
enum ListeningAddress {
    static let reusePort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)

    /// Binds a socket and closes it. Also chooses the port when it is 0.
    static func claim(host: String, port: Int) throws -> SocketAddress {
        var address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        let descriptor = try boundSocket(address)
        defer { close(descriptor) }
        address.port = try self.address(of: descriptor).port
        return address
    }

    /// A socket without SO_REUSEPORT. With that option alone a second server of the same user would
    /// silently get a share of the first one's clients; without it the system refuses (EADDRINUSE).
    static func boundSocket(_ address: SocketAddress) throws -> Int32 {
        let descriptor = socket(
            Int32(address.protocol.rawValue), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        var on: Int32 = 1
        setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if address.protocol == .inet6 {
            // So that :: and 0.0.0.0 can have the same port.
            setsockopt(
                descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on,
                socklen_t(MemoryLayout<Int32>.size))
        }
        guard address.withSockAddr({ Glibc.bind(descriptor, $0, socklen_t($1)) }) == 0 else {
            let error = IOError(
                errnoCode: errno,
                reason: "bind \(address.ipAddress ?? "") port \(address.port ?? 0)")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// What a socket is bound to.
    static func address(of descriptor: Int32) throws -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length)
            }
        }
        guard result == 0 else { throw IOError(errnoCode: errno, reason: "getsockname") }
        return try withUnsafeBytes(of: storage) { bytes in
            switch CInt(storage.ss_family) {
            case AF_INET:
                return try SocketAddress(
                    packedIPAddress: ByteBuffer(bytes: bytes[4..<8]), port: port(in: bytes))
            case AF_INET6:
                return try SocketAddress(
                    packedIPAddress: ByteBuffer(bytes: bytes[8..<24]), port: port(in: bytes))
            case AF_UNIX:
                // A path ends at its NUL, or with the address.
                let path = bytes[2..<Int(length)].prefix { $0 != 0 }
                return try SocketAddress(unixDomainSocketPath: String(decoding: path, as: UTF8.self))
            default:
                throw IOError(errnoCode: EAFNOSUPPORT, reason: "getsockname")
            }
        }
    }

    /// At the same place in sockaddr_in and sockaddr_in6.
    private static func port(in address: UnsafeRawBufferPointer) -> Int {
        Int(UInt16(bigEndian: address.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    }
}
