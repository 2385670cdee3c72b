import Foundation
import Testing
import TestSupport

/// A host that says 220 to STARTTLS, and no more.
@Suite(.ownThreads) struct HandshakeTests {
    private func server(_ outbound: String) throws -> RunningMartlet {
        try RunningMartlet(
            .init(
                sections: """
                    queue: {first_remote_delay: 1s, maximum_delay: 10s}
                    outbound: {\(outbound)}
                    """))
    }

    private func hangingSink() throws -> Sink {
        let pair = try Certificates.shared.get().org
        return try Sink([
            "--certificate", pair.certificate, "--key", pair.key, "--rule", "starttls * + silent",
        ])
    }

    /// There is one place for all, and five minutes for a handshake.
    @Test func othersMailLeavesMeanwhile() throws {
        let server = try server("sessions: 1")
        let (hanging, other) = (try hangingSink(), try Sink())
        let domain = try server.domain(to: hanging, "martletTLSPolicy: encrypt")
        let id = try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        func isInHandshake() throws -> Bool {
            try server.martlet(["queue", "show", id]).output.contains("in the TLS handshake")
        }
        #expect(try eventually { try isInHandshake() })
        try server.deliver(to: ["b@\(try server.domain(to: other))"], "Subject: x\r\n\r\n")
        #expect(try other.messages().count == 1)
        #expect(try isInHandshake())
    }

    @Test func itsLimitIsTold() throws {
        let server = try server("handshake_timeout: 2s, failure_memory: 1s")
        let hanging = try hangingSink()
        let domain = try server.domain(to: hanging, "martletTLSPolicy: encrypt")
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("451 4.7.5 TLS with 127.0.0.1 failed"), "\(waiting)")
        #expect(try eventually { try server.log().contains("the handshake did not end in time") })
        try hanging.relent()
        #expect(try hanging.messages()[0].secure == true)
    }
}
