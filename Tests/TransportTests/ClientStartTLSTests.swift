import Foundation
import NIOCore
import Testing

@testable import Transport

/// STARTTLS from the client's side: text that a server, or somebody on the way, sends in the clear
/// behind the 220; servers that never answer, that answer nonsense, that know only TLS 1.2.
@Suite struct ClientStartTLSTests {
    private static let patience = Duration.seconds(20)

    /// The server's lines, then what `startTLS` throws.
    private func error(
        timeout: Duration = patience, readsAhead: Bool = false,
        replied: @escaping @Sendable () -> Void = {},
        serve: @escaping @Sendable (Connection) async -> Void
    ) async throws -> ConnectionError? {
        let client = try TLSClientContext(configuration: TLSClientConfiguration())
        return try await withConnector(serve: serve) { connector, endpoint in
            try await connector.run(to: endpoint, timeout: Self.patience) {
                connection -> ConnectionError? in
                do throws(ConnectionError) {
                    try await connection.write(ByteBuffer(string: "STARTTLS\r\n"))
                    var reply = try await connection.read() ?? ByteBuffer()
                    _ = reply.readSlice(length: "220 go\r\n".utf8.count)
                    replied()
                    while readsAhead && !connection.hasUnreadInput {
                        await connection.pause(.milliseconds(1))
                    }
                    try await connection.startTLS(
                        client, serverName: "mx.example.org", verification: .none, unparsed: reply,
                        timeout: timeout)
                    return nil
                } catch {
                    replied()
                    // The connection is over: nothing of the text can be read.
                    #expect((try? await connection.read()) == nil)
                    return error
                }
            }
        }
    }

    @Test func textInTheSameSegmentIsRefused() async throws {
        let error = try await error { connection in
            _ = try? await connection.read()
            try? await connection.write(ByteBuffer(string: "220 go\r\n250 AUTH PLAIN\r\n"))
            await echo(connection)
        }
        #expect(error == .clearTextAfterStartTLS)
    }

    @Test func textThatWasReceivedUnreadIsRefused() async throws {
        let (read, signal) = AsyncStream.makeStream(of: Void.self)
        let error = try await error(readsAhead: true, replied: { signal.finish() }) { connection in
            _ = try? await connection.read()
            try? await connection.write(ByteBuffer(string: "220 go\r\n"))
            // The client must not get both in one piece.
            for await _ in read {}
            try? await connection.write(ByteBuffer(string: "250 AUTH PLAIN\r\n"))
            await echo(connection)
        }
        #expect(error == .clearTextAfterStartTLS)
    }

    @Test func textInPlaceOfAHandshakeIsRefused() async throws {
        let error = try await error { connection in
            _ = try? await connection.read()
            try? await connection.write(ByteBuffer(string: "220 go\r\n"))
            _ = try? await connection.read()
            try? await connection.write(ByteBuffer(string: "250 AUTH PLAIN\r\n"))
        }
        #expect(error == .tls("wrong version number"))
    }

    @Test func aServerThatNeverAnswersIsLeft() async throws {
        let error = try await error(timeout: .milliseconds(10)) { connection in
            _ = try? await connection.read()
            try? await connection.write(ByteBuffer(string: "220 go\r\n"))
            while (try? await connection.read()) != nil {}
        }
        #expect(error == .timedOut)
    }

    @Test func aServerThatHangsUpIsToldSo() async throws {
        let error = try await error { connection in
            _ = try? await connection.read()
            try? await connection.write(ByteBuffer(string: "220 go\r\n"))
            _ = try? await connection.read()
        }
        #expect(error == .closed)
    }
}
