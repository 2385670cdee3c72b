import NIOCore
import Synchronization
import Testing

@testable import Transport

/// Connections of one loop, one of which always has something to do.
@Suite struct FairnessTests {
    /// The loop looks at its sockets only when it has no task left. One connection sends "busy" and
    /// does nothing but give way from then on, until another has got its echo.
    @Test func aBusyConnectionGivesWay() async throws {
        let ended = Ended()
        let reports = Reports()
        let serve: @Sendable (Connection) async -> Void = { connection in
            guard let bytes = try? await connection.read() else { return }
            if bytes.readableBytesView.first == UInt8(ascii: "b") {
                reports.send("busy")
                while !ended.value.load(ordering: .relaxed) { await connection.giveWay() }
            }
            try? await connection.write(bytes)
        }
        try await withListener(serve: serve) { listener in
            async let busy = blocking { try Self.exchange("busy\r\n", listener.port) }
            _ = await reports.next()
            let reply = try await blocking {
                defer { ended.value.store(true, ordering: .relaxed) }
                return try Self.exchange("echo\r\n", listener.port)
            }
            #expect(reply == "echo\r\n")
            #expect(try await busy == "busy\r\n")
        }
    }

    private static func exchange(_ line: String, _ port: Int) throws -> String {
        let client = try TestSocket(port: port)
        try client.send(line)
        return try client.receiveLine()
    }

    private final class Ended: Sendable {
        let value = Atomic(false)
    }
}
