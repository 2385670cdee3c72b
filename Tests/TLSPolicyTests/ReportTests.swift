import Foundation
import Logging
import MailModel
import Synchronization
import Testing
import TestSupport
import TLSPolicy

@Suite struct ReportTests {
    private let files: TemporaryDirectory
    private let source = FakeSource()
    private let policy = MTASTSPolicy(mode: .testing, patterns: ["*.mail.example.org"], maxAge: 86_400)
    private let failure = TLSFailure(
        .certificateExpired, sendingAddress: "192.0.2.1", receivingHost: "mx1.mail.example.org",
        receivingAddress: "192.0.2.9", reason: "notAfter \"2020\"")

    init() throws { files = try TemporaryDirectory() }

    private func log(policies: Int = 2000) -> TLSReportLog {
        var configuration = TLSReportLog.Configuration(
            directory: files.path + "/tls-reports", organization: "Example Ltd", contact: "tls@example.net",
            host: "mail.example.net")
        configuration.policies = policies
        return TLSReportLog(
            configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { [source] in source.now })
    }

    private func report(_ log: TLSReportLog, _ day: String, _ domain: String = "example.org") async throws -> [String: Any]? {
        guard let json = await log.report(try #require(UTCDay(day)), domain: domain) else { return nil }
        return try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
    }

    /// [successful, failed] of each policy of a report.
    private func summaries(_ report: [String: Any]?) -> [[Int]] {
        (report?["policies"] as? [[String: Any]] ?? []).map { item in
            let summary = item["summary"] as? [String: Int] ?? [:]
            return [
                summary["total-successful-session-count"] ?? -1, summary["total-failure-session-count"] ?? -1,
            ]
        }
    }

    @Test func reportsAsInTheRFC() async throws {
        let log = log()
        let sts = TLSReportPolicy.sts(policy, domain: "Example.org")
        for _ in 0..<5 { log.succeeded(sts) }
        for _ in 0..<3 { log.failed(sts, failure) }
        log.failed(sts, TLSFailure(.startTLSNotSupported))
        log.succeeded(.tlsa(["3 1 1 1F850A"], domain: "example.org"))
        log.succeeded(.none(domain: "example.org"))
        log.succeeded(.none(domain: "other.example"))
        let json = await log.report(try #require(UTCDay("2023-11-14")), domain: "EXAMPLE.org")
        #expect(
            json.map { String(decoding: $0, as: UTF8.self) } == """
                {"contact-info":"tls@example.net","date-range":{"end-datetime":"2023-11-14T23:59:59Z",\
                "start-datetime":"2023-11-14T00:00:00Z"},"organization-name":"Example Ltd","policies":[\
                {"policy":{"policy-domain":"example.org","policy-type":"no-policy-found"},\
                "summary":{"total-failure-session-count":0,"total-successful-session-count":1}},\
                {"failure-details":[{"failed-session-count":3,"failure-reason-code":"notAfter \\"2020\\"",\
                "receiving-ip":"192.0.2.9","receiving-mx-hostname":"mx1.mail.example.org",\
                "result-type":"certificate-expired","sending-mta-ip":"192.0.2.1"},\
                {"failed-session-count":1,"result-type":"starttls-not-supported"}],\
                "policy":{"mx-host":["*.mail.example.org"],"policy-domain":"example.org",\
                "policy-string":["version: STSv1","mode: testing","mx: *.mail.example.org","max_age: 86400"],\
                "policy-type":"sts"},"summary":{"total-failure-session-count":4,"total-successful-session-count":5}},\
                {"policy":{"policy-domain":"example.org","policy-string":["3 1 1 1F850A"],"policy-type":"tlsa"},\
                "summary":{"total-failure-session-count":0,"total-successful-session-count":1}}],\
                "report-id":"2023-11-14.example.org@mail.example.net"}
                """)
        #expect(await log.report(try #require(UTCDay("2023-11-14")), domain: "example.com") == nil)
        #expect(await log.report(try #require(UTCDay("2023-11-13")), domain: "example.org") == nil)
    }

    /// A session that fails in two ways is one.
    @Test func aSessionCountsOnce() async throws {
        let log = log()
        let none = TLSReportPolicy.none(domain: "example.org")
        log.failed(none, failure, TLSFailure(.startTLSNotSupported))
        let report = try await report(log, "2023-11-14")
        #expect(summaries(report) == [[0, 1]])
        let details = (report?["policies"] as? [[String: Any]])?.first?["failure-details"] as? [[String: Any]]
        #expect(details?.compactMap { $0["failed-session-count"] as? Int } == [1, 1])
    }

    @Test func addsUpAcrossFlushesAndRestarts() async throws {
        let none = TLSReportPolicy.none(domain: "example.org")
        let first = log()
        first.succeeded(none)
        await first.flush()
        first.failed(none, failure)
        await first.flush()
        await first.flush()
        // Not written when the process ends: lost.
        first.succeeded(none)
        let path = files.path + "/tls-reports/2023-11-14.jsonl"
        let text = try TextFile.read(path)
        #expect(text.split(separator: "\n").count == 2)
        try TextFile.write(text + text.prefix(40), to: path)
        let second = log()
        second.failed(none, failure)
        let report = try await report(second, "2023-11-14")
        #expect(summaries(report) == [[1, 2]])
    }

    @Test func daysAreKeptApartAndForgotten() async throws {
        let log = log()
        let none = TLSReportPolicy.none(domain: "example.org")
        for _ in 0..<20 {
            log.succeeded(none)
            await log.flush()
            source.wait(86_400)
        }
        // 2023-11-14 and 19 days more.
        #expect(summaries(try await report(log, "2023-12-03")) == [[1, 0]])
        #expect(summaries(try await report(log, "2023-11-20")) == [[1, 0]])
        #expect(try await report(log, "2023-11-19") == nil)
        source.wait(5 * 86_400)
        let later = self.log()
        #expect(try await report(later, "2023-11-25") == nil)
        #expect(summaries(try await report(later, "2023-11-26")) == [[1, 0]])
    }

    @Test func runWritesWhatIsLeft() async throws {
        let log = log()
        let running = Task { await log.run() }
        log.succeeded(.none(domain: "example.org"))
        running.cancel()
        await running.value
        #expect(try TextFile.read(files.path + "/tls-reports/2023-11-14.jsonl").contains("example.org"))
    }

    @Test func isBounded() async throws {
        let log = log(policies: 10)
        for number in 0..<95 { log.succeeded(.none(domain: "\(number).example")) }
        for number in 0..<300 {
            log.failed(.none(domain: "example.org"), TLSFailure(.validationFailure, reason: "\(number)"))
        }
        #expect(summaries(try await report(log, "2023-11-14", "1.example")) == [[1, 0]])
        #expect(summaries(try await report(log, "2023-11-14", "94.example")) == [[1, 0]])
        let report = try await report(log, "2023-11-14")
        #expect(summaries(report) == [[0, 300]])
        let details = (report?["policies"] as? [[String: Any]])?.first?["failure-details"] as? [Any]
        #expect(details?.count == 100)
        let long = TLSReportPolicy.tlsa(
            Array(repeating: String(repeating: "A", count: 5000), count: 1000), domain: "example.org")
        #expect(long.strings.count == 105)
        #expect(long.strings.allSatisfy { $0.count == 300 })
    }

    @Test func countsFromManyThreads() async throws {
        let log = log()
        let sts = TLSReportPolicy.sts(policy, domain: "example.org")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { [failure] in
                    for _ in 0..<200 {
                        log.succeeded(sts)
                        log.failed(sts, failure)
                    }
                    await log.flush()
                }
            }
        }
        #expect(summaries(try await report(log, "2023-11-14")) == [[1600, 1600]])
    }

    @Test(arguments: [
        ("2026-01-31", true), ("2024-02-29", true), ("2026-02-29", false), ("2026-1-31", false),
        ("2026-01-31 ", false), ("+026-01-31", false), ("2026-01-31-01", false), ("", false), ("../../etc", false),
    ])
    func days(_ text: String, isDay: Bool) {
        #expect(UTCDay(text)?.description == (isDay ? text : nil))
    }
}
