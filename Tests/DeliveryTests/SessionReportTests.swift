import DNS
import Foundation
import Logging
import MailModel
import NIOCore
import SMTP
import Synchronization
import TLSPolicy
import TestSupport
import Testing
import Transport

@testable import Delivery

/// What is counted for TLS reports (RFC 8460): an attempt at a session counts once.
@Suite(.timeLimit(.minutes(5))) struct SessionReportTests {
    /// Takes any certificate of its own; its first session's STARTTLS may go wrong.
    private struct Host: Sendable {
        var offersTLS: Bool
        var breaksTLS: Bool

        func serve(_ connection: Connection) async {
            await ScriptedHost.say(connection, "220 host\r\n")
            await ScriptedHost.read(connection, until: "EHLO")
            let extensions = offersTLS ? "250-host\r\n250 STARTTLS\r\n" : "250 host\r\n"
            await ScriptedHost.say(connection, extensions)
            var input = ""
            while !input.contains("QUIT"), let bytes = try? await connection.read() {
                input += String(buffer: bytes)
                if breaksTLS, input.contains("STARTTLS\r\n") {
                    await ScriptedHost.say(connection, "220 Go on\r\n")
                    // Behind the client's hello.
                    _ = try? await connection.read()
                    await ScriptedHost.say(connection, "this is no TLS\r\n")
                    return
                }
            }
        }
    }

    /// The policies of a day's report on example.org: kind, successful and failed sessions, and sessions
    /// by result type.
    private struct Line: Equatable {
        var kind: String
        var successful: Int
        var failed: Int
        var failures: [String: Int]
    }

    private static let moment = Timestamp(milliseconds: 1_700_000_000_000)
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let files: TemporaryDirectory
    private let log: TLSReportLog

    init() throws {
        files = try TemporaryDirectory()
        log = TLSReportLog(
            TLSReportLog.Configuration(
                directory: files.path + "/tls-reports", organization: "o", contact: "c", host: "h"),
            logger: Self.logger, now: { Self.moment })
    }

    private func withSessions(
        _ host: Host, policies: MTASTSPolicyStore? = nil,
        _ body: (AddressedSessions, Connector, HostAddress) async throws -> Void
    ) async throws {
        try await ScriptedHost.run(host.serve) { connector, place in
            try await AddressedSessions.run(connector, policies: policies, reports: log) {
                try await body($0, connector, place)
            }
        }
    }

    private func send(_ host: Host, sessions count: Int) async throws {
        try await withSessions(host) { sessions, _, place in
            for _ in 0..<count {
                let session = try await sessions.session(with: [place], waiting: PatientDelivery()).get()
                #expect(!session.isEncrypted)
                await session.quit()
            }
        }
    }

    private func lines() async throws -> [Line] {
        let day = try #require(UTCDay("2023-11-14"))
        guard let json = await log.report(day, domain: "example.org") else { return [] }
        let report = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
        return (report["policies"] as? [[String: Any]] ?? []).map { item in
            let summary = item["summary"] as? [String: Int] ?? [:]
            var failures: [String: Int] = [:]
            for failure in item["failure-details"] as? [[String: Any]] ?? [] {
                let type = failure["result-type"] as? String ?? ""
                failures[type, default: 0] += failure["failed-session-count"] as? Int ?? 0
            }
            return Line(
                kind: (item["policy"] as? [String: Any])?["policy-type"] as? String ?? "",
                successful: summary["total-successful-session-count"] ?? -1,
                failed: summary["total-failure-session-count"] ?? -1, failures: failures)
        }
    }

    /// Mail goes in clear text after the handshake has failed: one failure, and STARTTLS was there.
    @Test func aHandshakeThatFailsCountsOnce() async throws {
        try await send(Host(offersTLS: true, breaksTLS: true), sessions: 3)
        #expect(
            try await lines()
                == [
                    Line(
                        kind: "no-policy-found", successful: 0, failed: 3,
                        failures: ["validation-failure": 3])
                ])
    }

    @Test func aHostWithoutTLSCountsOnce() async throws {
        try await send(Host(offersTLS: false, breaksTLS: false), sessions: 2)
        #expect(
            try await lines()
                == [
                    Line(
                        kind: "no-policy-found", successful: 0, failed: 2,
                        failures: ["starttls-not-supported": 2])
                ])
    }

    private struct Policy: MTASTSSource {
        let mode: String

        func text(_ name: String) async -> MTASTSAnnouncement { .records(["v=STSv1; id=1"]) }
        func fetch(_ host: String) async throws(PolicyFetchError) -> [UInt8] {
            Array("version: STSv1\r\nmode: \(mode)\r\nmx: mx.elsewhere.example\r\nmax_age: 604800\r\n".utf8)
        }
    }

    /// A host that the domain's policy does not name: the session is counted when it is over, once, for
    /// all that was wrong. Without a session the refusal is what counts.
    @Test(arguments: ["testing", "enforce"])
    func aHostThatIsNotInThePolicyCountsOnce(mode: String) async throws {
        let store = await MTASTSPolicyStore(
            .init(directory: files.path + "/tls-policy"), source: Policy(mode: mode), logger: Self.logger,
            now: { Self.moment })
        let clear = Host(offersTLS: false, breaksTLS: false)
        try await withSessions(clear, policies: store) { sessions, connector, place in
            let maker = sessions.maker
            let host = MailHost(
                name: "mx.example.org", port: place.port, addresses: [place.address], isNameSecure: false,
                areAddressesSecure: false, canonicalName: "mx.example.org")
            let plan = RoutePlan(way: .exchangers("example.org"), domain: "example.org", tls: .automatic)
            guard case .success(let security) = await maker.decider.security(for: host, plan, .none) else {
                #expect(mode == "enforce")
                return
            }
            #expect(try await lines() == [])
            for _ in 1...2 {
                let session = OutboundSession(
                    try await connector.connect(
                        to: .address(place.address, port: place.port), from: nil, timeout: .seconds(20)),
                    to: host, at: place, security: security,
                    configuration: SMTPClientConfiguration(
                        hostname: "mx.example.org", flavour: .smtp, tls: security.policy),
                    credentials: nil)
                maker.report(session, await session.open())
                await session.quit()
            }
        }
        let failures = ["validation-failure": 2, "starttls-not-supported": 2]
        #expect(
            try await lines()
                == [mode == "testing"
                    ? Line(kind: "sts", successful: 0, failed: 2, failures: failures)
                    : Line(kind: "sts", successful: 0, failed: 1, failures: ["validation-failure": 1])])
    }
}
