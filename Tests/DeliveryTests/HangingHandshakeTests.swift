import DNS
import Logging
import MailModel
import NIOCore
import Synchronization
import Testing
import Transport

@testable import Delivery

/// A host that says 220 to STARTTLS, and no more.
@Suite(.timeLimit(.minutes(5))) struct HangingHandshakeTests {
    private final class Patient: DeliveryProgress {
        func isWaiting(for what: AwaitedAnswer) -> Bool { true }
        func goesOn() {}
    }

    private final class Host: Sendable {
        private let count = Atomic(0)
        var connections: Int { count.load(ordering: .sequentiallyConsistent) }

        /// Only the first connection is offered TLS.
        func serve(_ connection: Connection) async {
            let isFirst = count.add(1, ordering: .sequentiallyConsistent).newValue == 1
            await ScriptedHost.say(connection, "220 host\r\n")
            await ScriptedHost.read(connection, until: "EHLO")
            await ScriptedHost.say(connection, "250-host\r\n250 \(isFirst ? "STARTTLS" : "SIZE")\r\n")
            if isFirst {
                await ScriptedHost.read(connection, until: "STARTTLS\r\n")
                await ScriptedHost.say(connection, "220 Go on\r\n")
            }
            await ScriptedHost.read(connection, until: "QUIT")
        }
    }

    /// Asks for a session with a host that hangs, as often as `body` wants one.
    private func withMaker(
        _ failures: HostFailures,
        _ body: (Host, HostAddress, (TLSLevel) async -> Result<OutboundSession, SessionMaker.Failure>)
            async throws -> Void
    ) async throws {
        var configuration = OutboundConfiguration(hostName: "mx.example.org")
        configuration.handshakeTimeout = .milliseconds(100)
        let dns = try DNSResolver(
            configuration: DNSConfiguration(servers: ["127.0.0.1@9"]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let host = Host()
        try await ScriptedHost.run(host.serve) { connector, place in
            let maker = SessionMaker(
                configuration: configuration, connector: connector,
                finder: HostFinder(configuration: configuration, dns: dns, isOurs: { _ in false }),
                decider: TLSDecider(
                    context: try TLSClientContext(configuration: TLSClientConfiguration()), dns: dns,
                    policies: nil, reports: nil),
                failures: failures, reports: nil)
            let way = RoutePlan.Way.hops([NextHop(host: place.address, port: place.port)])
            try await body(host, place) { level in
                await maker.session(
                    RoutePlan(way: way, domain: "example.org", tls: level), .none, waiting: Patient())
            }
        }
        await dns.shutDown()
    }

    /// The next message does not wait for the same.
    @Test func whoMustHaveTLSIsDeferred() async throws {
        let failures = HostFailures(lifetime: .seconds(300))
        try await withMaker(failures) { host, place, session in
            for _ in 1...2 {
                guard case .failure(let failure) = await session(.encrypt) else {
                    Issue.record("a session")
                    return
                }
                #expect(failure.isOfHosts)
                #expect(failure.error.status == EnhancedStatusCode(4, 7, 5))
                #expect(failure.error.text == "TLS with 127.0.0.1 failed")
                #expect(failure.error.description.contains("the handshake did not end in time"))
            }
            #expect(host.connections == 1)
            #expect(failures.error(for: place) != nil)
        }
    }

    /// As after any other handshake that fails.
    @Test func whoNeedNotHaveItGoesOnWithoutTLS() async throws {
        let failures = HostFailures(lifetime: .seconds(300))
        try await withMaker(failures) { host, place, session in
            let session = try await session(.may).get()
            #expect(!session.isEncrypted)
            #expect(host.connections == 2)
            #expect(failures.error(for: place) == nil)
            await session.quit()
        }
    }
}
