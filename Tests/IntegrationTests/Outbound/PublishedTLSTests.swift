import Foundation
import Testing
import TestSupport

/// TLS that domains demand by what they publish: DANE (RFC 7672), MTA-STS (RFC 8461); and that
/// senders demand (RFC 8689).
@Suite(.ownThreads) struct PublishedTLSTests {
    let names: OutboundNames
    var server: RunningMartlet { names.server }

    init() throws { names = try OutboundNames.shared.get() }

    private func send(
        to domain: String, parameters: String = "", header: String = ""
    ) throws -> SampleUsers.User {
        let user = server.newUser()
        try server.submit(
            "From: \(user.address)\r\nSubject: x\r\n\(header)\r\n", to: ["a@\(domain)"], as: user, parameters: parameters)
        return user
    }

    private func expectDelivery(
        to domain: String, _ sink: Sink, secure: Bool, log: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        _ = try send(to: domain)
        let message = try sink.messages()[0]
        #expect(message.secure == secure, sourceLocation: sourceLocation)
        let found = try eventually {
            try server.log().split(separator: "\n").contains { $0.contains("a@\(domain)") && $0.contains(log) }
        }
        #expect(found, "no “\(log)” in the log", sourceLocation: sourceLocation)
    }

    private func expectDeferral(
        to domain: String, _ sink: Sink, _ status: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        _ = try send(to: domain)
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains(status), "\(waiting)", sourceLocation: sourceLocation)
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }), sourceLocation: sourceLocation)
    }

    // MARK: DANE

    @Test func rightKey() throws {
        let sink = try names.sink("127.0.1.20", certificate: "mx.good.signed.test")
        try expectDelivery(to: "good.signed.test", sink, secure: true, log: " dane")
        #expect(try sink.events().contains { $0.name == "mx.good.signed.test" })
    }

    @Test func authorityOfTheZone() throws {
        let sink = try names.sink("127.0.1.25", certificate: "mx.ta.signed.test")
        try expectDelivery(to: "ta.signed.test", sink, secure: true, log: " dane")
    }

    @Test func wrongKey() throws {
        let sink = try names.sink("127.0.1.21", certificate: "mx.good.signed.test")
        try expectDeferral(to: "wrong.signed.test", sink, "4.7.5")
    }

    @Test func noTLSAlthoughPublished() throws {
        let sink = try names.sink("127.0.1.22")
        try expectDeferral(to: "notls.signed.test", sink, "4.7.4")
    }

    @Test func forgedRecords() throws {
        let sink = try names.sink("127.0.1.26", certificate: "mx.good.signed.test")
        try expectDeferral(to: "bogus.signed.test", sink, "4.7.5")
    }

    @Test func recordsThatCannotBeUsed() throws {
        let sink = try names.sink("127.0.1.24", certificate: "stranger.test")
        try expectDelivery(to: "unusable.signed.test", sink, secure: true, log: "dane-unusable")
    }

    @Test func signedZoneWithoutRecords() throws {
        let sink = try names.sink("127.0.1.23")
        try expectDelivery(to: "none.signed.test", sink, secure: false, log: "a@none")
    }

    @Test func nothingPublished() throws {
        let sink = try names.sink("127.0.1.11", certificate: "stranger.test")
        try expectDelivery(to: "open.plain.test", sink, secure: true, log: " untrusted")
    }

    // MARK: MTA-STS

    @Test func rightCertificate() throws {
        let sink = try names.sink("127.0.1.40", certificate: "mx.right.sts.test", "--keywords", "REQUIRETLS")
        try expectDelivery(to: "right.sts.test", sink, secure: true, log: " mta-sts")
        _ = try send(to: "right.sts.test", parameters: " REQUIRETLS")
        #expect(try sink.messages(2)[1].mail?.hasSuffix(" REQUIRETLS") == true)
    }

    @Test func wrongCertificate() throws {
        let sink = try names.sink("127.0.1.41", certificate: "stranger.test")
        try expectDeferral(to: "wrong.sts.test", sink, "4.7.5")
    }

    @Test func noTLSAlthoughEnforced() throws {
        let sink = try names.sink("127.0.1.42")
        try expectDeferral(to: "notls.sts.test", sink, "4.7.4")
        // RFC 8689 section 4.2.1: then the sender is told at once.
        let user = try send(to: "notls.sts.test", parameters: " REQUIRETLS")
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == "5.7.10")
    }

    @Test func hostThatThePolicyDoesNotName() throws {
        let sink = try names.sink("127.0.1.43", certificate: "stranger.test")
        try expectDeferral(to: "other.sts.test", sink, "4.7.5")
    }

    @Test func testingHarmsNobody() throws {
        let sink = try names.sink("127.0.1.44", certificate: "stranger.test")
        try expectDelivery(to: "testing.sts.test", sink, secure: true, log: " untrusted")
    }

    @Test func policyThatIsNotThere() throws {
        let sink = try names.sink("127.0.1.45")
        try expectDelivery(to: "lost.sts.test", sink, secure: false, log: "a@lost")
    }

    // MARK: REQUIRETLS

    @Test(arguments: [
        ("require.plain.test", "127.0.1.12", "stranger.test"), ("strict.signed.test", "127.0.1.27", "mx.good.signed.test"),
    ])
    func requiredButNotToBeHad(_ domain: String, _ address: String, _ certificate: String) throws {
        let sink = try names.sink(address, certificate: certificate)
        let user = try send(to: domain, parameters: " REQUIRETLS")
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == "5.7.30")
        #expect(report.returned.contains("Subject: x"))
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }

    // MARK: TLS-Required: No

    /// What the domain has published does not count for the message, and still does for the next.
    @Test(arguments: [("waived.signed.test", "127.0.1.28"), ("waived.sts.test", "127.0.1.46")])
    func waived(_ domain: String, _ address: String) throws {
        let sink = try names.sink(address, certificate: "stranger.test")
        _ = try send(to: domain, header: "TLS-Required: No\r\n")
        #expect(try sink.messages()[0].secure == true)
        _ = try send(to: domain, header: "TLS-Required: Yes\r\n")
        let waiting = try server.waiting("a@\(domain)")
        #expect(waiting.contains("4.7.5"), "\(waiting)")
        #expect(try sink.commands().count { $0.hasPrefix("MAIL") } == 1)
    }

    /// Mail from another host, which this one only forwards.
    @Test func waivedElsewhere() throws {
        let sink = try names.sink("127.0.1.29")
        let user = server.newUser()
        try server.change(user, "add: martletForwardingAddress\nmartletForwardingAddress: a@forwarded.signed.test\n")
        try server.deliver(to: [user.address], "TLS-Required: no\r\nSubject: x\r\n\r\n")
        #expect(try sink.messages()[0].secure == false)
    }

    @Test func theAdministratorsWordStands() throws {
        let sink = try names.sink("127.0.1.15")
        _ = try send(to: "kept.plain.test", header: "TLS-Required: No\r\n")
        let waiting = try server.waiting("a@kept.plain.test")
        #expect(waiting.contains("4.7.4"), "\(waiting)")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }
    // MARK: Ways that are not the usual

    @Test(.enabled(if: Loopback.hasIPv6, "this host has no ::1")) func hostWithAnIPv6AddressOnly() throws {
        let sink = try names.sink("::1", certificate: "stranger.test")
        try expectDelivery(to: "six.plain.test", sink, secure: true, log: "mx.six.plain.test[[::1]:")
    }

    /// TLS with a certificate of ours, which the host demands.
    @Test func hostThatDemandsACertificate() throws {
        let authority = try Certificates.shared.get().authority.certificate
        let sink = try names.sink(
            "127.0.1.16", certificate: "stranger.test", "--client-authority", authority)
        try expectDelivery(to: "client.plain.test", sink, secure: true, log: " encrypted")
    }

    /// DANE is demanded by name, and nothing that is signed says so: not even a right certificate helps.
    @Test func daneWithoutSignatures() throws {
        let sink = try names.sink("127.0.1.17", certificate: "stranger.test")
        try expectDeferral(to: "insecure.plain.test", sink, "4.7.5")
    }

    /// The host is verified, and does not promise the same (RFC 8689 section 4.2.1).
    @Test func requiredButNotPromised() throws {
        let sink = try names.sink("127.0.1.30", certificate: "mx.good.signed.test")
        let user = try send(to: "unpromised.signed.test", parameters: " REQUIRETLS")
        let report = try MailTool.report(server.messages(of: user)[0])
        #expect(report.recipients.first?["status"] == "5.7.30")
        #expect(!(try sink.commands().contains { $0.hasPrefix("MAIL") }))
    }
}
