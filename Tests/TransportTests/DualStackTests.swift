import TestSupport
import Testing

@testable import Transport

@Suite struct DualStackTests {
    /// As the configuration has it unless told otherwise: each family its own socket, the same port.
    @Test func bothFamiliesShareAPort() async throws {
        let group = TransportGroup(threads: 2)
        func listen(_ host: String, _ port: Int) async throws -> Listener {
            try await Listener.bind(
                host: host, port: port, group: group, limiter: ConnectionLimiter(ConnectionLimits()),
                logger: quiet, handler: { _ in })
        }
        // The system would choose one that is free in one family.
        let first = try await listen("0.0.0.0", Int(Loopback.freePort()))
        let second = try await listen("::", first.port)
        #expect(second.port == first.port)
        await first.shutDown(grace: .zero)
        await second.shutDown(grace: .zero)
        try await group.shutDown()
    }
}
