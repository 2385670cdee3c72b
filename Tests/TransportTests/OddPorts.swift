import Foundation
import Glibc
import Transport

/// A TCP socket bound to a free port of 127.0.0.1.
private func boundSocket() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SocketFailure(call: "socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    guard result else { throw SocketFailure(call: "bind") }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
}

/// A port that is taken and where nobody listens.
final class ClosedPort {
    let port: Int
    private let descriptor: Int32

    init() throws {
        (descriptor, port) = try boundSocket()
    }

    deinit { close(descriptor) }
}

/// A port where nobody accepts and no more fits into the backlog: the kernel answers nobody.
final class FullPort {
    let endpoint: Endpoint
    private let descriptor: Int32
    private let clients: [TestSocket]

    init() throws {
        let port: Int
        (descriptor, port) = try boundSocket()
        guard listen(descriptor, 0) == 0 else { throw SocketFailure(call: "listen") }
        endpoint = .address("127.0.0.1", port: UInt16(port))
        clients = [try TestSocket(port: port)]
    }

    deinit { close(descriptor) }
}

/// A port that accepts one client and resets it.
final class ResettingPort {
    let endpoint: Endpoint

    init() throws {
        let (descriptor, port) = try boundSocket()
        guard listen(descriptor, 1) == 0 else { throw SocketFailure(call: "listen") }
        endpoint = .address("127.0.0.1", port: UInt16(port))
        Thread.detachNewThread {
            let client = accept(descriptor, nil, nil)
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            close(client)
            close(descriptor)
        }
    }
}
