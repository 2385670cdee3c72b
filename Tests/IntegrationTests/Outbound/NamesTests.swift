import Foundation
import Testing
import TestSupport

/// Which hosts get a domain's mail, as the DNS has it (RFC 5321 section 5, RFC 7505).
@Suite(.ownThreads) struct NamesTests {
    let names: OutboundNames
    var server: RunningMartlet { names.server }

    init() throws { names = try OutboundNames.shared.get() }

    private func send(to domain: String) throws -> SampleUsers.User {
        let user = server.newUser()
        try server.submit("From: \(user.address)\r\nSubject: x\r\n\r\n", to: ["a@\(domain)"], as: user)
        return user
    }

    @Test func nextHostWhenTheFirstIsAway() throws {
        let there = try names.sink("127.0.1.2")
        _ = try send(to: "fallback.plain.test")
        #expect(try there.messages().count == 1)
    }

    @Test func bestHostFirst() throws {
        let (first, second) = (try names.sink("127.0.1.3"), try names.sink("127.0.1.4"))
        _ = try send(to: "ordered.plain.test")
        #expect(try first.messages().count == 1)
        #expect(try second.events().isEmpty)
    }

    @Test func nextHostWhenTheFirstIsClosedForNow() throws {
        let busy = try names.sink("127.0.1.13", certificate: nil, "--rule", "greeting * * 421 4.3.2 Busy")
        let idle = try names.sink("127.0.1.14")
        _ = try send(to: "busy.plain.test")
        #expect(try idle.messages().count == 1)
        #expect(try busy.events().isEmpty)
    }

    @Test func nextAddressOfTheHost() throws {
        let sink = try names.sink("127.0.1.9")
        for _ in 1...3 { _ = try send(to: "two.plain.test") }
        #expect(try sink.messages(3).count == 3)
    }

    @Test func addressWithoutMX() throws {
        let sink = try names.sink("127.0.1.7")
        _ = try send(to: "implicit.plain.test")
        #expect(try sink.messages().count == 1)
    }

    @Test func addressLiteral() throws {
        let sink = try names.sink("127.0.1.18")
        _ = try send(to: "[127.0.1.18]")
        #expect(try sink.messages()[0].recipients == ["RCPT TO:<a@[127.0.1.18]>"])
    }

    @Test func hostThatIsAnAlias() throws {
        let sink = try names.sink("127.0.1.10")
        _ = try send(to: "alias.plain.test")
        #expect(try sink.messages().count == 1)
    }

    @Test(arguments: [
        ("null.plain.test", "5.1.10"), ("nosuch.plain.test", "5.1.2"), ("loop.plain.test", "5.4.6"),
        ("nohost.plain.test", "5.4.4"), ("text.plain.test", "5.4.4"),
    ])
    func noWay(_ domain: String, _ status: String) throws {
        let user = try send(to: domain)
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == status)
        #expect(report.recipients.first?["final-recipient"] == "rfc822; a@\(domain)")
        #expect(report.recipients.first?["remote-mta"] == nil)
    }

    /// Hosts that are worse than ourselves would send it back.
    @Test func neverToHostsBehindOurselves() throws {
        let worse = try names.sink("127.0.1.6")
        _ = try send(to: "less.plain.test")
        #expect(try server.waiting("a@less.plain.test").contains("4.4.1"))
        let better = try names.sink("127.0.1.5")
        #expect(try better.messages().count == 1)
        #expect(try worse.events().isEmpty)
    }

    /// The name server refuses to answer for the domain, or for a host that is better than ourselves:
    /// that is no "no".
    @Test(arguments: ["unserved.invalid-zone.example", "unsure.plain.test"])
    func nameServerThatDoesNotAnswer(_ domain: String) throws {
        _ = try send(to: domain)
        #expect(try server.waiting("a@\(domain)").contains("4.4.3"))
    }
}
