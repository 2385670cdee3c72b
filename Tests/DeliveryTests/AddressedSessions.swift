import DNS
import Logging
import MailModel
import TLSPolicy
import Transport

@testable import Delivery

/// A delivery that waits for whatever it takes.
final class PatientDelivery: DeliveryProgress {
    func isWaiting(for what: AwaitedAnswer) -> Bool { true }
    func goesOn() {}
}

/// Makes sessions with hosts that are known by their addresses: its resolver is never answered.
struct AddressedSessions {
    let maker: SessionMaker

    static func run<Value>(
        _ connector: Connector, failures: HostFailures = HostFailures(lifetime: .seconds(300)),
        policies: MTASTSPolicyStore? = nil, reports: TLSReportLog? = nil,
        adjust: (inout OutboundConfiguration) -> Void = { _ in },
        _ body: (AddressedSessions) async throws -> Value
    ) async throws -> Value {
        var configuration = OutboundConfiguration(hostName: "mx.example.org")
        adjust(&configuration)
        let dns = try DNSResolver(
            configuration: DNSConfiguration(servers: ["127.0.0.1@9"]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let maker = SessionMaker(
            configuration: configuration, connector: connector,
            finder: HostFinder(configuration: configuration, dns: dns, isOurs: { _ in false }),
            decider: TLSDecider(
                context: try TLSClientContext(configuration: TLSClientConfiguration()), dns: dns,
                policies: policies, reports: reports),
            failures: failures, handshakes: HostFailures(lifetime: .seconds(300)), reports: reports)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(AddressedSessions(maker: maker)))
        } catch {
            result = .failure(error)
        }
        await dns.shutDown()
        return try result.get()
    }

    /// With the first of the hosts that will have one.
    func session(
        with hosts: [HostAddress], _ level: TLSLevel = .may, waiting progress: any DeliveryProgress
    ) async -> Result<OutboundSession, SessionMaker.Failure> {
        let hops = hosts.map { NextHop(host: $0.address, port: $0.port) }
        return await maker.session(
            RoutePlan(way: .hops(hops), domain: "example.org", tls: level), .none, waiting: progress)
    }
}
