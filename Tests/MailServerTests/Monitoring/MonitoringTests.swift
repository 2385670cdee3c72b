import Foundation
import Metrics
import NIOCore
import Synchronization
import Testing

@testable import MailServer

struct MonitoringTests {
    @Test(arguments: [
        ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", MonitoringRequest.get(path: "/metrics", isHead: false)),
        ("GET /health?a=b HTTP/1.0\r\n\r\n", .get(path: "/health", isHead: false)),
        ("HEAD / HTTP/1.1\n\n", .get(path: "/", isHead: true)),
        ("GET / HTTP/1.1\r\n", .incomplete), ("", .incomplete), ("GET", .incomplete),
        ("POST /metrics HTTP/1.1\r\n\r\n", .otherMethod), ("get / HTTP/1.1\r\n\r\n", .otherMethod),
        ("GET / HTTP/2\r\n\r\n", .malformed), ("GET  / HTTP/1.1\r\n\r\n", .malformed),
        ("GET http://x/ HTTP/1.1\r\n\r\n", .malformed), ("\r\n\r\n", .malformed), ("\u{16}\u{3}\u{1}\n\n", .malformed),
    ])
    func requests(octets: String, expected: MonitoringRequest) {
        #expect(MonitoringRequest(ByteBuffer(string: octets)) == expected)
    }

    @Test func longRequests() {
        func request(_ length: Int) -> ByteBuffer {
            let line = "GET / HTTP/1.1\r\nX: "
            return ByteBuffer(
                string: line + String(repeating: "a", count: length - line.utf8.count - 4) + "\r\n\r\n")
        }
        #expect(MonitoringRequest(request(8192)) == .get(path: "/", isHead: false))
        #expect(MonitoringRequest(request(8193)) == .tooLong)
        #expect(MonitoringRequest(ByteBuffer(repeating: 0x61, count: 100_000)) == .tooLong)
    }

    @Test func replies() {
        let reply = MonitoringReply(body: "grün\n")
        let text = String(buffer: reply.bytes(isHead: false))
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.contains("\r\nContent-Length: 6\r\n"))
        #expect(text.hasSuffix("\r\n\r\ngrün\n"))
        #expect(String(buffer: reply.bytes(isHead: true)).hasSuffix("Connection: close\r\n\r\n"))
        #expect(String(buffer: MonitoringReply.otherMethod.bytes(isHead: false)).contains("\r\nAllow: GET, HEAD\r\n"))
    }

    @Test func textOfMetrics() {
        var page = MetricsText()
        page.family("a_total", .counter, "One\ntwo \\ \"three\"")
        page.sample("a_total", labels: ["x": "say \"hi\"\n\\", "y": "ü"], 7)
        page.gauge("b", "B.", 0.25)
        let histogram = Histogram(bounds: [10, 20])
        for value in [1, 10, 11, 1000] { histogram.record(value) }
        page.histogram("c", "C.", histogram, scale: 100)
        #expect(
            page.text == """
                # HELP a_total One\\ntwo \\\\ "three"
                # TYPE a_total counter
                a_total{x="say \\"hi\\"\\n\\\\",y="ü"} 7
                # HELP b B.
                # TYPE b gauge
                b 0.25
                # HELP c C.
                # TYPE c histogram
                c_bucket{le="0.1"} 2
                c_bucket{le="0.2"} 3
                c_bucket{le="+Inf"} 4
                c_sum 10.22
                c_count 4

                """)
    }

    @Test func health() throws {
        var report = HealthReport()
        report.add("a", problem: nil)
        #expect(report.reply.status.code == 200)
        report.add("b", problem: "broken")
        #expect(report.reply.status.code == 503)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(report.reply.body.utf8)) as? [String: Any])
        #expect(json["ok"] as? Bool == false)
        let parts = try #require(json["parts"] as? [String: [String: Any]])
        #expect(parts["a"]?["ok"] as? Bool == true && parts["b"]?["detail"] as? String == "broken")
    }

    /// Many who ask at once are told of one search; a later one searches anew.
    @Test func rememberedAnswers() async {
        final class Counted: Sendable { let count = Atomic(0) }
        let counted = Counted()
        let long = Remembered(for: .seconds(1000)) { counted.count.add(1, ordering: .relaxed).newValue }
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { await long.value } }
            for await value in group { #expect(value == 1) }
        }
        let short = Remembered(for: .zero) { counted.count.add(1, ordering: .relaxed).newValue }
        #expect(await short.value == 2)
        #expect(await short.value == 3)
    }

    @Test func activities() {
        let activity = Activity()
        #expect(activity.seconds == nil)
        activity.begin()
        #expect(activity.seconds.map { (0...100).contains($0) } == true)
        activity.end()
        #expect(activity.seconds == nil)
    }

    @Test(arguments: [
        ("monitoring: {port: 9790}", nil), ("monitoring: {port: 9790, address: \"::1\"}", nil),
        ("monitoring: {port: 9790, address: 127.3.2.1}", nil),
        ("monitoring: {port: 9790, address: 0.0.0.0, allow_remote: true}", nil),
        ("monitoring: {port: 9790, address: 0.0.0.0}", "allow_remote"),
        ("monitoring: {port: 9790, address: 10.0.0.1}", "allow_remote"),
        ("monitoring: {address: 127.0.0.1}", "monitoring.port"), ("monitoring: {port: 70000}", "monitoring.port"),
        ("history: off", nil), ("history: {days: 3, size: 64M}", nil), ("history: {days: 0}", "history.days"),
        ("history: {size: 1K}", "history.size"), ("history: on", "history"), ("history: {day: 3}", "history.day"),
    ] as [(String, String?)])
    func configuration(text: String, problem: String?) {
        let problems = ConfigurationText.problems(ConfigurationText.least + text + "\n")
        if let problem {
            #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)")
        } else {
            #expect(problems.isEmpty, "\(problems)")
        }
    }

    @Test func defaults() throws {
        let configuration = try ConfigurationText.parse("")
        #expect(configuration.monitoring.port == nil && configuration.monitoring.address == "127.0.0.1")
        #expect(configuration.history.isKept && configuration.history.days == 14)
        #expect(try !ConfigurationText.parse("history: off\n").history.isKept)
    }
}
