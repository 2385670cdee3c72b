import Foundation
import Glibc
import NIOCore

@testable import Transport

/// A TCP socket bound to a free port of 127.0.0.1.
private func boundSocket() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SocketFailure(call: "socket") }
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
    guard address.withSockAddr({ bind(descriptor, $0, socklen_t($1)) }) == 0,
        let port = try ListeningAddress.address(of: descriptor).port
    else { throw SocketFailure(call: "bind") }
    return (descriptor, port)
}

/// A port that is taken and where nobody listens.
final class ClosedPort: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        (descriptor, port) = try boundSocket()
    }

    deinit { close(descriptor) }
}

/// A port where nobody accepts and no more fits into the backlog: the kernel answers nobody.
final class FullPort: Sendable {
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
final class ResettingPort: Sendable {
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
