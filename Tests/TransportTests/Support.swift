import Foundation
import TestSupport
import Logging
import NIOCore
import Transport

/// What most tests need: loops, a listener on a free port of 127.0.0.1, and an end to both.
func withListener<Result>(
    threads: Int = 1, implicitTLS: TLSServerContext? = nil,
    limits: ConnectionLimits = ConnectionLimits(), tlsHandshakeTimeout: Duration = .seconds(20),
    onBusy: ByteBuffer? = nil, serve: @escaping @Sendable (Connection) async -> Void,
    _ body: (Listener) async throws -> Result
) async throws -> Result {
    let group = TransportGroup(threads: threads)
    let listener = try await Listener.bind(
        host: "127.0.0.1", port: 0, group: group, implicitTLS: implicitTLS,
        limiter: ConnectionLimiter(limits), tlsHandshakeTimeout: tlsHandshakeTimeout,
        onBusy: onBusy, logger: quiet, handler: serve)
    do {
        let result = try await body(listener)
        await listener.shutDown(grace: .zero)
        try await group.shutDown()
        return result
    } catch {
        await listener.shutDown(grace: .zero)
        try await group.shutDown()
        throw error
    }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A listener, and a connector on the same two loops.
func withConnector<Result>(
    host: String = "127.0.0.1", implicitTLS: TLSServerContext? = nil,
    serve: @escaping @Sendable (Connection) async -> Void,
    _ body: (Connector, Endpoint) async throws -> Result
) async throws -> Result {
    let group = TransportGroup(threads: 2)
    let connector = Connector(group: group)
    let listener = try await Listener.bind(
        host: host, port: 0, group: group, implicitTLS: implicitTLS,
        limiter: ConnectionLimiter(ConnectionLimits()), logger: quiet, handler: serve)
    func stop() async throws {
        await connector.shutDown()
        await listener.shutDown(grace: .zero)
        try await group.shutDown()
    }
    do {
        let result = try await body(connector, .address(host, port: UInt16(listener.port)))
        try await stop()
        return result
    } catch {
        try await stop()
        throw error
    }
}

/// Runs what blocks on a thread of its own: the pool's few threads must stay free.
func blocking<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}

/// Values that sessions report to their test, in order.
final class Reports: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func send(_ text: String) {
        continuation.yield(text)
    }

    func next() async -> String? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}

/// Sends back what comes, until the end.
@Sendable func echo(_ connection: Connection) async {
    do {
        while let bytes = try await connection.read() {
            try await connection.write(bytes)
        }
    } catch {
        connection.abort()
    }
}

/// Runs a program to its end; its standard output and errors.
func run(_ program: String, _ arguments: [String], input: String = "") async throws -> String {
    try await blocking {
        let files = try TemporaryDirectory()
        defer { TemporaryDirectory.remove(files.path) }
        let file = "\(files.path)/input"
        try TextFile.write(input, to: file)
        return try ChildProcess.run(
            ["/bin/sh", "-c", "input=$1; shift; exec \"$@\" <\"$input\"", "sh", file, program]
                + arguments, in: files.path)
    }
}
