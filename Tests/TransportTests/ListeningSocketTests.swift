import Foundation
import Glibc
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite struct ListeningSocketTests {
    @Test(arguments: [
        (["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "smtp:imaps"], ["smtp", "imaps"]),
        (["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "smtp:"], ["smtp", ""]),
        (["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "smtp"], ["unknown", "unknown"]),
        (["LISTEN_PID": "7", "LISTEN_FDS": "1"], ["unknown"]),
        (["LISTEN_PID": "8", "LISTEN_FDS": "1"], []),
        (["LISTEN_FDS": "1"], []), (["LISTEN_PID": "7"], []), ([:], []),
        (["LISTEN_PID": "7", "LISTEN_FDS": "0"], []),
        (["LISTEN_PID": "7", "LISTEN_FDS": "-1"], []),
        (["LISTEN_PID": "7", "LISTEN_FDS": "9999999999"], []),
        (["LISTEN_PID": "seven", "LISTEN_FDS": "1"], []),
    ])
    func variables(_ environment: [String: String], expected: [String]) {
        #expect(InheritedSockets.names(7) { environment[$0] } == expected)
    }

    /// Its connections live on all loops, and closing the listener frees the port.
    @Test(arguments: ["127.0.0.1", "::1"])
    func aListenerServesIt(host: String) async throws {
        let threads = Mutex<Set<pthread_t>>([])
        // One that nobody else gets when it is free again.
        let port = Int(try Loopback.freePort())
        let socket = try ListeningSocket.open(host: host, port: port, name: "smtp")
        #expect(socket.name == "smtp" && socket.port == port)
        #expect(socket.address.ipAddress == host)
        let group = TransportGroup(threads: 2)
        let listener = try await Listener.bind(
            socket: socket, group: group, limiter: ConnectionLimiter(ConnectionLimits()),
            logger: quiet
        ) { connection in
            threads.withLock { _ = $0.insert(pthread_self()) }
            await echo(connection)
        }
        #expect(listener.port == socket.port)
        let connector = Connector(group: group)
        let endpoint = Endpoint.address(host, port: UInt16(socket.port))
        for _ in 0..<20 {
            let reply = try await connector.run(to: endpoint, timeout: .seconds(20)) { connection in
                try? await connection.write(ByteBuffer(string: "NOOP\r\n"))
                return try? await connection.read().map { String(buffer: $0) }
            }
            #expect(reply == "NOOP\r\n")
        }
        #expect(threads.withLock { $0.count } == 2)
        await listener.shutDown(grace: .zero)
        await #expect(throws: ConnectionError.refused) {
            _ = try await connector.connect(to: endpoint, timeout: .seconds(20))
        }
        try await group.shutDown()
    }

    /// The path is the service manager's: it stays.
    @Test func aUnixSocketKeepsItsPath() async throws {
        let path = NSTemporaryDirectory() + "listening-\(UUID().uuidString.prefix(8)).sock"
        defer { unlink(path) }
        let socket = try ListeningSocket(descriptor: try listening(at: path), name: "admin")
        #expect(socket.address.pathname == path && socket.port == 0)
        let group = TransportGroup(threads: 2)
        let listener = try await Listener.bind(
            socket: socket, group: group, limiter: ConnectionLimiter(ConnectionLimits()),
            logger: quiet, handler: echo)
        let connector = Connector(group: group)
        let isLocal = try await connector.run(to: .path(path), timeout: .seconds(20)) {
            try? await $0.write(ByteBuffer(string: "x"))
            return (try? await $0.read()) != nil && $0.remoteAddress.isLocalSocket
        }
        #expect(isLocal)
        await listener.shutDown(grace: .zero)
        #expect(access(path, F_OK) == 0)
        try await group.shutDown()
    }

    @Test func whatDoesNotListenIsRefused() throws {
        let file = open("/dev/null", O_RDONLY)
        let datagrams = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let idle = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        for descriptor in [file, datagrams, idle, -1] {
            #expect(throws: IOError.self) { try ListeningSocket(descriptor: descriptor, name: "x") }
            close(descriptor)
        }
    }

    @Test func anAddressThatIsTakenIsRefused() throws {
        let first = try ListeningSocket.open(host: "127.0.0.1", port: 0, name: "smtp")
        #expect(throws: IOError.self) {
            try ListeningSocket.open(host: "127.0.0.1", port: first.port, name: "smtp")
        }
        close(first.descriptor)
    }

    private func listening(at path: String) throws -> CInt {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isBound = try SocketAddress(unixDomainSocketPath: path)
            .withSockAddr { bind(descriptor, $0, socklen_t($1)) == 0 }
        guard isBound, listen(descriptor, 16) == 0 else { throw SocketFailure(call: "listen") }
        return descriptor
    }
}
