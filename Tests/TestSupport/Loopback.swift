import Glibc
import Synchronization

/// Ports on 127.0.0.1.
package enum Loopback {
    /// Below the ports that the kernel gives to outgoing connections: one of those could take a server's
    /// port while it restarts.
    private static let ports = 10_000..<32_000
    /// Starts anywhere, for the sake of test processes that run beside this one.
    private static let turn = Atomic(Int.random(in: ports))

    /// A port of which nobody else is told, free a moment ago.
    package static func freePort() throws -> UInt16 {
        for _ in ports {
            let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
            let port = UInt16(ports.lowerBound + turn % ports.count)
            if try isFree(port) { return port }
        }
        throw TestFailure("no free port")
    }

    private static func isFree(_ port: UInt16) throws -> Bool {
        try withSocket { descriptor in
            withAddress(port) { bind(descriptor, $0, $1) == 0 }
        }
    }

    /// Whether this host has ::1, which containers often lack.
    package static let hasIPv6: Bool = {
        let descriptor = socket(
            AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0[15] = 1 }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }()

    /// Whether somebody listens there.
    package static func accepts(port: UInt16) throws -> Bool {
        try withSocket { descriptor in
            withAddress(port) { connect(descriptor, $0, $1) == 0 }
        }
    }

    /// Whether somebody listens at this path.
    package static func accepts(path: String) throws -> Bool {
        try withSocket(AF_UNIX) { descriptor in
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let isShort = withUnsafeMutableBytes(of: &address.sun_path) { room in
                guard path.utf8.count < room.count else { return false }
                room.copyBytes(from: path.utf8)
                return true
            }
            guard isShort else { throw TestFailure("the path is too long for a socket: \(path)") }
            return withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
        }
    }

    private static func withSocket<Value>(
        _ family: Int32 = AF_INET, _ body: (Int32) throws -> Value
    ) throws -> Value {
        let descriptor = socket(
            family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("no socket") }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private static func withAddress<Value>(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
