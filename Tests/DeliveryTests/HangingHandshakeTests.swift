import MailModel
import NIOCore
import Synchronization
import Testing
import Transport

@testable import Delivery

/// A host that says 220 to STARTTLS, and no more.
@Suite(.timeLimit(.minutes(5))) struct HangingHandshakeTests {
    private final class Host: Sendable {
        private let count = Atomic(0)
        var connections: Int { count.load(ordering: .sequentiallyConsistent) }

        func serve(_ connection: Connection) async {
            count.add(1, ordering: .sequentiallyConsistent)
            await ScriptedHost.greet(connection, offering: ["STARTTLS"])
            var input = ""
            while !input.contains("QUIT"), let bytes = try? await connection.read() {
                input += String(buffer: bytes)
                if input.contains("STARTTLS\r\n") {
                    await ScriptedHost.say(connection, "220 Go on\r\n")
                    await ScriptedHost.read(connection, until: "QUIT")
                    return
                }
            }
        }
    }

    /// What asks for sessions with a host that hangs.
    private struct Parts {
        let host: Host
        let place: HostAddress
        let sessions: AddressedSessions
        var maker: SessionMaker { sessions.maker }

        func session(_ level: TLSLevel) async -> Result<OutboundSession, SessionMaker.Failure> {
            await sessions.session(with: [place], level, waiting: PatientDelivery())
        }

        func expectFailure(_ level: TLSLevel) async {
            guard case .failure(let failure) = await session(level) else {
                Issue.record("a session")
                return
            }
            #expect(failure.isOfHosts)
            #expect(failure.error.status == EnhancedStatusCode(4, 7, 5))
            #expect(failure.error.text == "TLS with 127.0.0.1 failed")
            #expect(failure.error.description.contains("the handshake did not end in time"))
        }
    }

    private func withParts(_ body: (Parts) async throws -> Void) async throws {
        let host = Host()
        try await ScriptedHost.run(host.serve) { connector, place in
            try await AddressedSessions.run(
                connector, adjust: { $0.handshakeTimeout = .milliseconds(100) }
            ) { sessions in
                try await body(Parts(host: host, place: place, sessions: sessions))
            }
        }
    }

    /// The next message does not wait for the same.
    @Test func whoMustHaveTLSIsDeferred() async throws {
        try await withParts { parts in
            for _ in 1...2 { await parts.expectFailure(.encrypt) }
            #expect(parts.host.connections == 1)
            #expect(parts.maker.handshakes.error(for: parts.place) != nil)
            #expect(parts.maker.failures.error(for: parts.place) == nil)
            // An operator wants to know.
            parts.maker.forgetFailures()
            await parts.expectFailure(.encrypt)
            #expect(parts.host.connections == 2)
        }
    }

    /// As after any other handshake that fails.
    @Test func whoNeedNotHaveItGoesOnWithoutTLS() async throws {
        try await withParts { parts in
            let session = try await parts.session(.may).get()
            #expect(!session.isEncrypted)
            #expect(parts.host.connections == 2)
            #expect(parts.maker.failures.error(for: parts.place) == nil)
            await session.quit()
            // Who must have it is not kept waiting.
            await parts.expectFailure(.encrypt)
            #expect(parts.host.connections == 2)
        }
    }

    /// The host is there, whoever else was kept waiting: TLS is not even begun.
    @Test func whoNeedNotHaveItIsNotDeferredForOthers() async throws {
        try await withParts { parts in
            await parts.expectFailure(.encrypt)
            let session = try await parts.session(.may).get()
            #expect(!session.isEncrypted)
            #expect(parts.host.connections == 2)
            await session.quit()
            await parts.expectFailure(.encrypt)
            #expect(parts.host.connections == 2)
        }
    }
}
