import Foundation
import Testing
import TestSupport

/// Mail for hosts that come and go: ETRN (RFC 1985) and ATRN (RFC 2645).
@Suite(.ownThreads) struct RetrievalTests {
    /// Nothing is tried again by itself.
    private static let server: Result<RunningMartlet, any Error> = Result {
        try RunningMartlet(
            .init(sections: """
                authentication: {maximum_delay: 5ms}
                queue: {first_remote_delay: 1h}
                outbound: {failure_memory: 1h}
                """), endsWithProcess: true)
    }
    let server: RunningMartlet

    init() throws { server = try Self.server.get() }

    @Test func etrn() throws {
        let sink = try Sink(isAway: true)
        let domain = try server.domain(
            to: sink, "martletRetrieval: etrn", "martletRetrievalNetwork: 127.8.8.0/24")
        let id = try server.deliver(to: ["a@\(domain)"], "Subject: waits\r\n\r\n")
        _ = try server.deliver(to: ["b@\(domain)"], "Subject: waits, too\r\n\r\n")
        #expect(try server.waiting("a@\(domain)").contains(id))
        _ = try server.waiting("b@\(domain)")
        try (try server.smtp(.mx, source: "127.8.9.1")).expect("ETRN \(domain)", "459 4.7.1")
        try sink.start()
        let client = try server.smtp(.mx, source: "127.8.8.1")
        // 250 as long as the first attempt is not put away.
        #expect(try eventually { try client.command("ETRN \(domain)").hasPrefix("253 2.0.0") })
        #expect(try sink.messages(2).count == 2)
        #expect(try eventually { try client.command("ETRN \(domain)").hasPrefix("251") })
    }

    /// A host that asks again and again gets one attempt, and an answer each time.
    @Test func aFloodOfETRN() throws {
        let host = try SilentHost()
        let domain = "\(server.newUser().address.prefix { $0 != "@" }).routed.example"
        try server.add(
            RunningMartlet.domainEntry(
                domain, [
                    "martletRoutingHost: 127.0.0.1:\(host.port)", "martletRetrieval: etrn",
                    "martletRetrievalNetwork: 127.8.8.0/24",
                ]))
        try server.deliver(to: ["a@\(domain)"], "Subject: waits\r\n\r\n")
        _ = try server.waiting("a@\(domain)")
        try host.listen()
        let client = try server.smtp(.mx, source: "127.8.8.7")
        #expect(try eventually { try client.command("ETRN \(domain)").hasPrefix("253 2.0.0") })
        for _ in 0..<200 { try client.expect("ETRN \(domain)", "250 2.0.0") }
        let other = try server.smtp(.mx, source: "127.8.8.8")
        try other.expect("ETRN @\(domain)", "250 2.0.0")
        #expect(eventually { host.takeClients() == 1 })
        #expect(host.takeClients() == 0)
    }

    /// Hosts that have no address of their own: mail waits, and none of it is refused.
    @Test func atrn() throws {
        let user = server.newUser()
        let sender = server.newUser()
        let domain = try retrieved(by: user)
        for recipient in ["a", "bad", "b"] {
            try server.submit(
                "From: \(sender.address)\r\nSubject: to \(recipient)\r\n\r\n..dot\r\nÄ", to: ["\(recipient)@\(domain)"],
                as: sender, parameters: " BODY=8BITMIME")
        }
        let waiting = try eventually {
            let found = try server.queue().filter { $0.contains(domain) && $0.contains("\"attempts\":1") }
            return found.count == 3 ? found : nil
        }
        #expect(waiting.allSatisfy { $0.contains("4.4.1") })

        let stranger = try server.smtp(.relayUser, as: sender)
        try stranger.expect("ATRN \(domain)", "450 4.7.1")

        let host = ReturningHost(try turned(domain, by: user))
        try host.serve()
        #expect(Set(host.subjects) == ["Subject: to a", "Subject: to b"])
        #expect(host.lines.contains("..dot") && host.lines.contains("Ä"))
        let report = try MailTool.report(server.messages(of: sender)[0])
        #expect(report.recipients.first?["status"] == "5.1.1")
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
        // Once the session is over.
        #expect(
            try eventually {
                try server.smtp(.relayUser, as: user).command("ATRN \(domain)").hasPrefix("453")
            })
    }

    /// What was not taken is there the next time.
    @Test func atrnThatBreaksOff() throws {
        let user = server.newUser()
        let domain = try retrieved(by: user)
        for number in 1...3 { try server.deliver(to: ["r\(number)@\(domain)"], "Subject: \(number)\r\n\r\n") }
        #expect(
            try eventually { try server.queue().filter { $0.contains(domain) && $0.contains("\"attempts\":1") }.count == 3 })
        var client: LineClient? = try turned(domain, by: user)
        let first = ReturningHost(try #require(client))
        try first.serve(messages: 1)
        client = nil
        first.end()

        let second = ReturningHost(try turned(domain, by: user))
        try second.serve()
        #expect(Set(first.subjects + second.subjects) == ["Subject: 1", "Subject: 2", "Subject: 3"])
        #expect(try eventually { try server.queue().allSatisfy { !$0.contains(domain) } })
    }

    /// A connection whose roles are reversed, once nothing of the domain is in work any more.
    private func turned(_ domain: String, by user: SampleUsers.User) throws -> LineClient {
        try eventually {
            let client = try server.smtp(.relayUser, as: user)
            return try client.command("ATRN \(domain)").hasPrefix("250") ? client : nil
        }
    }

    private func retrieved(by user: SampleUsers.User) throws -> String {
        let name = "\(user.address.prefix { $0 != "@" }).branch.example"
        try server.add(RunningMartlet.domainEntry(
            name, ["martletRetrieval: atrn", "martletRetriever: \(SampleUsers.dn(user))"]))
        return name
    }
}

/// The server's side of a connection that has been turned round.
private final class ReturningHost {
    private(set) var lines: [String] = []
    private var client: LineClient?

    var subjects: [String] { lines.filter { $0.hasPrefix("Subject: ") } }

    init(_ client: LineClient) { self.client = client }

    func end() { client = nil }

    /// Takes mail until the other side says goodbye, or so many messages.
    func serve(messages: Int = .max) throws {
        guard let client else { return }
        try client.send("220 branch.example ESMTP\r\n")
        var taken = 0
        while let line = try client.line() {
            switch line.prefix(4).uppercased() {
            case "EHLO": try client.send("250-branch.example\r\n250-8BITMIME\r\n250 PIPELINING\r\n")
            case "RCPT":
                try client.send(line.contains("<bad@") ? "550 5.1.1 Nobody\r\n" : "250 2.1.5 OK\r\n")
            case "DATA" where isRefused: try client.send("554 5.5.1 Nobody is left\r\n")
            case "DATA":
                try client.send("354 Go\r\n")
                while let text = try client.line(), text != "." { lines.append(text) }
                try client.send("250 2.0.0 Taken\r\n")
                taken += 1
                if taken == messages { return }
            case "QUIT": return try client.send("221 Bye\r\n")
            default: try client.send("250 2.0.0 OK\r\n")
            }
            if line.hasPrefix("RCPT") { isRefused = line.contains("<bad@") }
        }
    }

    private var isRefused = false
}
