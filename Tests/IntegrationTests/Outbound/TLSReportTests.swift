import Glibc
import Testing
import TestSupport

/// Data for TLS reports (RFC 8460): a file for each day.
@Suite(.ownThreads) struct TLSReportTests {
    @Test func whatWasCountedOutlivesTheServer() throws {
        let server = try RunningMartlet(.init(sections: OutboundServer.sections))
        let sink = try Sink()
        let domain = try server.domain(to: sink)
        try server.deliver(to: ["a@\(domain)"], "Subject: x\r\n\r\n")
        #expect(try sink.messages().count == 1)
        // The sink tells of it before it answers.
        #expect(try eventually { try server.queue().isEmpty })
        #expect(server.stop() == 0)
        let days = try Tool.run(["/bin/sh", "-c", "cat \"$0\"/tls-reports/*.jsonl", server.state])
        #expect(days.status == 0 && days.output.contains(domain), "\(days)")
        // Those of this run come to the earlier ones.
        try server.start()
        try server.deliver(to: ["b@\(domain)"], "Subject: x\r\n\r\n")
        #expect(try sink.messages(2).count == 2)
        #expect(try eventually { try server.queue().isEmpty })
        #expect(server.stop() == 0)
        let more = try Tool.run(["/bin/sh", "-c", "cat \"$0\"/tls-reports/*.jsonl | grep -c '\(domain)'", server.state])
        #expect(more.output == "2\n", "\(more)")
    }
}
