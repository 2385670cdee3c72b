import Foundation
import Testing
import TestSupport

/// The pages for Prometheus and for whoever watches the server.
@Suite(.ownThreads) struct MonitoringTests {
    private static let options = RunningMartlet.Options(
        sections: """
            monitoring: {port: 0}
            authentication: {maximum_delay: 5ms}
            outbound: {relay_hosts: "127.0.0.1:1"}
            """)

    private func get(_ server: RunningMartlet, _ path: String) throws -> (status: Int, body: String) {
        let client = try LineClient(port: server.port("monitoring"))
        try client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let reply = try client.rest()
        let end = try #require(reply.firstRange(of: "\r\n\r\n"))
        return (Int(reply.split(separator: " ")[1]) ?? 0, String(reply[end.upperBound...]))
    }

    /// Every sample by its name with its labels, as an independent parser reads the page.
    private func samples(_ server: RunningMartlet) throws -> [String: Double] {
        let page = try get(server, "/metrics")
        #expect(page.status == 200)
        let program = """
            import json, sys
            from prometheus_client.parser import text_string_to_metric_families
            found = {}
            for family in text_string_to_metric_families(sys.stdin.read()):
                assert family.type in ("counter", "gauge", "histogram"), family
                assert family.documentation, family
                for sample in family.samples:
                    labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                    name = sample.name + ("{" + labels + "}" if labels else "")
                    assert name not in found, name
                    found[name] = sample.value
            print(json.dumps(found))
            """
        let result = try Tool.run(["/usr/bin/python3", "-c", program], input: page.body)
        guard result.status == 0 else { throw TestFailure("\(result)\n\(page.body)") }
        return try JSONDecoder().decode([String: Double].self, from: Data(result.output.utf8))
    }

    @Test func metrics() throws {
        let server = try RunningMartlet(Self.options)
        let before = try samples(server)
        #expect(before["martlet_queue_recipients{state=deferred}"] == 0)
        #expect(before["martlet_deliveries_total{destination=local,result=delivered}"] == 0)

        let user = server.newUser()
        try server.deliver(to: [user.address, SampleUsers.bob.address], "Subject: x\r\n\r\n")
        try server.deliver(to: ["erin@example.org"], "Subject: x\r\n\r\n")
        _ = try server.messages(of: user)
        let failing = try server.smtp(.submissions, source: Sources.next())
        try failing.expect("AUTH PLAIN \(LineClient.plain(user.address, "wrong"))", "535")
        let now = try eventually { () -> [String: Double]? in
            let now = try samples(server)
            let isOver = now["martlet_queue_recipients{state=deferred}"] == 1
                && now["martlet_deliveries_total{destination=local,result=delivered}"] == 2
            return isOver ? now : nil
        }
        #expect(now["martlet_deliveries_total{destination=local,result=delivered}"] == 2)
        #expect((now["martlet_deliveries_total{destination=remote,result=deferred}"] ?? 0) >= 1)
        #expect((now["martlet_queue_oldest_seconds{state=deferred}"] ?? -1) >= 0)
        #expect((now["martlet_authentications_total{mechanism=password,result=success,service=pop}"] ?? 0) >= 1)
        #expect(now["martlet_authentications_total{mechanism=PLAIN,result=invalidCredentials,service=smtp}"] == 1)
        #expect((now["martlet_sessions{listener=submissions}"] ?? 0) == 1)
        #expect((now["martlet_sessions_total{listener=mx}"] ?? 0) == 2)
        #expect((now["martlet_log_commit_seconds_count"] ?? 0) >= 2)
        #expect(now["martlet_log_commit_seconds_count"] == now["martlet_log_commit_seconds_bucket{le=+Inf}"])
        #expect((now["martlet_index_transaction_seconds_count"] ?? 0) >= 2)
        #expect((now["martlet_directory_search_seconds_count"] ?? 0) >= 1)
        #expect(now["martlet_directory_up"] == 1)
        for name in [
            "martlet_storage_free_bytes", "martlet_storage_bytes{kind=index}", "process_resident_memory_bytes",
            "process_cpu_seconds_total",
        ] {
            #expect((now[name] ?? 0) > 0, "\(name)")
        }
        #expect(now["martlet_event_loop_lag_seconds"] != nil)
    }

    @Test func healthFollowsTheDirectory() throws {
        let server = try RunningMartlet(Self.options)
        let healthy = try eventually { () -> String? in
            let page = try get(server, "/health")
            return page.status == 200 ? page.body : nil
        }
        for part in ["directory", "space", "log", "index", "queue"] { #expect(healthy.contains("\"\(part)\"")) }
        #expect(try get(server, "/ready").status == 200)
        server.slapd.stop()
        let ill = try eventually { () -> String? in
            let page = try get(server, "/health")
            return page.status == 503 ? page.body : nil
        }
        struct Health: Decodable {
            struct Part: Decodable { var ok: Bool }
            var ok: Bool
            var parts: [String: Part]
        }
        let parsed = try JSONDecoder().decode(Health.self, from: Data(ill.utf8))
        #expect(!parsed.ok && parsed.parts.filter { !$0.value.ok }.map(\.key) == ["directory"], "\(ill)")
        #expect(try samples(server)["martlet_directory_up"] == 0)
        #expect(try get(server, "/ready").status == 200, "clients are served")
        try server.slapd.start()
        #expect(try eventually { try get(server, "/health").status == 200 })
    }

    @Test func otherRequests() throws {
        let server = try RunningMartlet(Self.options)
        #expect(try get(server, "/").status == 404)
        #expect(try get(server, "/metrics/x").status == 404)
        for (request, status) in [("POST /metrics HTTP/1.1\r\n\r\n", "405"), ("nonsense\r\n\r\n", "400")] {
            let client = try LineClient(port: server.port("monitoring"))
            try client.send(request)
            #expect(try client.rest().hasPrefix("HTTP/1.1 \(status) "))
        }
        let long = try LineClient(port: server.port("monitoring"))
        try long.send("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 9000))
        #expect(try long.rest().hasPrefix("HTTP/1.1 431 "))
        let usual = try RunningMartlet.shared.get()
        #expect(usual.port("monitoring") == 0, "off by default")
    }
}
