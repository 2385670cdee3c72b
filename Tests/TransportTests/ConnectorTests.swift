import Foundation
import Glibc
import NIOCore
import Testing

@testable import Transport

/// Outgoing connections: to our own listener, to nobody, to who never answers.
@Suite struct ConnectorTests {
    private static let patience = Duration.seconds(20)

    /// A connection that greets first, then echoes.
    @Sendable private static func greet(_ connection: Connection) async {
        try? await connection.write(ByteBuffer(string: "220 \(connection.remoteAddress)\r\n"))
        await echo(connection)
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.7", "::1"])
    func aSessionRunsOnTheLoopOfItsConnection(source: String) async throws {
        let host = source.contains(":") ? "::1" : "127.0.0.1"
        try await withConnector(host: host, serve: Self.greet) { connector, endpoint in
            let line = try await connector.run(to: endpoint, from: source, timeout: Self.patience) {
                connection in
                #expect(connection.loop.eventLoop.inEventLoop)
                #expect(connection.remoteAddress.description == host)
                #expect(connection.localAddress.description == source)
                #expect(connection.localAddress.port != 0)
                let greeting = try? await connection.read()
                try? await connection.write(ByteBuffer(string: "NOOP\r\n"))
                let reply = try? await connection.read()
                #expect(connection.loop.eventLoop.inEventLoop)
                return [greeting, reply].map { $0.map { String(buffer: $0) } ?? "" }.joined()
            }
            #expect(line == "220 \(source)\r\nNOOP\r\n")
            #expect(await isIdle(connector))
        }
    }

    @Test func aUnixSocketIsReached() async throws {
        let path = NSTemporaryDirectory() + "connector-\(UUID().uuidString.prefix(8)).sock"
        let group = TransportGroup(threads: 1)
        let listener = try await Listener.bind(
            path: path, group: group, limiter: ConnectionLimiter(ConnectionLimits()),
            logger: quiet, handler: Self.greet)
        let connector = Connector(group: group)
        let line = try await connector.run(to: .path(path), timeout: Self.patience) { connection in
            #expect(connection.remoteAddress.isLocalSocket)
            return try? await connection.read().map { String(buffer: $0) }
        }
        #expect(line == "220 local\r\n")
        await listener.shutDown(grace: .zero)
        await #expect(throws: ConnectionError.unreachable("No such file or directory")) {
            _ = try await connector.connect(to: .path(path), timeout: Self.patience)
        }
        try await group.shutDown()
    }

    @Test func failuresAreToldApart() async throws {
        try await withConnector(serve: echo) { connector, _ in
            let port = UInt16(try ClosedPort().port)
            let cases: [(Endpoint, String?, ConnectionError)] = [
                (.address("127.0.0.1", port: port), nil, .refused),
                (.address("mail.example.org", port: 25), nil, .io("not an address: mail.example.org:25")),
                (.address("127.0.0.1", port: port), "192.0.2.1", .io("Cannot assign requested address")),
                (.address("255.255.255.255", port: 25), nil, .unreachable("Network is unreachable")),
            ]
            for (endpoint, source, expected) in cases {
                await #expect(throws: expected, "\(endpoint)") {
                    _ = try await connector.connect(
                        to: endpoint, from: source, timeout: Self.patience)
                }
            }
            #expect(await isIdle(connector))
        }
    }

    /// The kernel drops what comes to a port whose backlog is full.
    @Test func aPortThatDropsEndsAtTheDeadline() async throws {
        let deaf = try FullPort()
        try await withConnector(serve: echo) { connector, _ in
            await #expect(throws: ConnectionError.timedOut) {
                _ = try await connector.connect(to: deaf.endpoint, timeout: .milliseconds(50))
            }
            #expect(await isIdle(connector))
        }
    }

    @Test func aResetIsToldWhoeverWaits() async throws {
        let port = try ResettingPort()
        try await withConnector(serve: echo) { connector, _ in
            var error: ConnectionError?
            do throws(ConnectionError) {
                error = try await connector.run(to: port.endpoint, timeout: Self.patience) {
                    connection -> ConnectionError? in
                    do throws(ConnectionError) {
                        while try await connection.read() != nil {}
                        return nil
                    } catch {
                        return error
                    }
                }
            } catch let early {
                // The reset may be there before the connection is looked at.
                error = early
            }
            #expect(error == .reset)
        }
    }
}

/// The socket of an attempt that was given up is closed a moment after its caller was told.
func isIdle(_ connector: Connector) async -> Bool {
    for _ in 0..<12_000 where connector.connectionCount > 0 {
        try? await Task.sleep(for: .milliseconds(5))
    }
    return connector.connectionCount == 0
}
