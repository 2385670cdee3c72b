import Delivery
import Logging
import NIOCore
import Transport

/// Another host on a port of its own, as a test's function has it talk.
enum ScriptedHost {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter serve: one connection.
    static func run(
        _ serve: @escaping @Sendable (Connection) async -> Void,
        _ body: (Connector, HostAddress) async throws -> Void
    ) async throws {
        let group = TransportGroup()
        let connector = Connector(group: group)
        let listener = try await Listener.bind(
            host: "127.0.0.1", port: 0, group: group,
            limiter: ConnectionLimiter(ConnectionLimits()), logger: logger, handler: serve)
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await body(
                    connector, HostAddress(address: "127.0.0.1", port: UInt16(listener.port))))
        } catch {
            result = .failure(error)
        }
        await connector.shutDown()
        await listener.shutDown(grace: .zero)
        try await group.shutDown()
        try result.get()
    }

    /// Up to the answer to EHLO: 8BITMIME, and these.
    static func greet(_ connection: Connection, offering extensions: [String]) async {
        let hello = extensions.map { "250-\($0)\r\n" }.joined()
        await say(connection, "220 host\r\n")
        await read(connection, until: "EHLO")
        await say(connection, "250-host\r\n\(hello)250 8BITMIME\r\n")
    }

    /// What has come until it ends in, or contains, the text.
    @Sendable static func read(_ connection: Connection, until text: String) async {
        var input = ""
        while !input.contains(text), let bytes = try? await connection.read() {
            input += String(buffer: bytes)
        }
    }

    @Sendable static func say(_ connection: Connection, _ text: String) async {
        try? await connection.write(ByteBuffer(string: text))
    }
}
