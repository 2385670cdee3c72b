import Testing

@testable import Authentication

@Suite struct OfferTests {
    static let scram = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1"]
    static let plus = scram.map { $0 + "-PLUS" }

    @Test func encryptedConnection() {
        let offer = Fixture().service.mechanisms(for: Fixture.encrypted())
        #expect(offer == Self.plus + Self.scram + ["PLAIN", "LOGIN"])
    }

    @Test func clientCertificateBringsExternal() {
        let context = Fixture.encrypted(certificate: ("cn=alice", []))
        #expect(Fixture().service.mechanisms(for: context).first == "EXTERNAL")
    }

    @Test(arguments: ["plain", "SCRAM-SHA-256"])
    func nothingIsOfferedInClear(mechanism: String) throws {
        let fixture = Fixture()
        #expect(fixture.service.mechanisms(for: Fixture.clear()) == [])
        #expect(fixture.service.begin(mechanism, Fixture.clear()) == nil)
        #expect(
            fixture.service.refusal(of: mechanism, Fixture.clear()).kind == .encryptionRequired)
    }

    @Test func clearConnectionThatAllowsPasswords() {
        let offer = Fixture().service.mechanisms(for: Fixture.clear(allowed: true))
        #expect(offer == Self.scram + ["PLAIN", "LOGIN"])
    }

    @Test func withoutABindingThereIsNoPlus() {
        var context = Fixture.encrypted()
        context.channelBinding = { _ in nil }
        #expect(Fixture().service.mechanisms(for: context) == Self.scram + ["PLAIN", "LOGIN"])
        // A binding that TLS 1.3 does not have is none.
        context = Fixture.encrypted(tls13: true)
        context.channelBinding = { $0 == .unique ? [1] : nil }
        #expect(Fixture().service.mechanisms(for: context) == Self.scram + ["PLAIN", "LOGIN"])
    }

    @Test func configurationChooses() {
        let fixture = Fixture { $0.mechanisms = [.plain] }
        #expect(fixture.service.mechanisms(for: Fixture.encrypted()) == ["PLAIN"])
        #expect(fixture.service.begin("SCRAM-SHA-256", Fixture.encrypted()) == nil)
    }

    /// Nobody can have secrets, or somebody after all.
    @Test func scramNeedsSecrets() {
        let service = Fixture().service
        service.setCanHoldSecrets(false)
        #expect(service.mechanisms(for: Fixture.encrypted()) == ["PLAIN", "LOGIN"])
        #expect(service.begin("SCRAM-SHA-256", Fixture.encrypted()) == nil)
        #expect(service.refusal(of: "SCRAM-SHA-256", Fixture.encrypted()).kind == .unknownMechanism)
        service.setCanHoldSecrets(true)
        #expect(service.mechanisms(for: Fixture.encrypted()) == Self.plus + Self.scram + ["PLAIN", "LOGIN"])
    }

    @Test(arguments: [
        "CRAM-MD5", "DIGEST-MD5", "ANONYMOUS", "NTLM", "GSSAPI", "OTP", "SCRAM-SHA-224",
        "SCRAM-SHA-384", "EXTERNAL", "", "PLAIN ", "*", String(repeating: "A", count: 100_000),
    ])
    func neverOffered(name: String) {
        let fixture = Fixture()
        #expect(fixture.service.begin(name, Fixture.encrypted()) == nil)
        #expect(fixture.service.refusal(of: name, Fixture.encrypted()).kind == .unknownMechanism)
    }

    @Test func namesInAnyCase() {
        #expect(Fixture().service.begin("scram-sha-256-plus", Fixture.encrypted()) != nil)
    }

    @Test func passwordWithoutSASLAndEncryption() async {
        let fixture = Fixture()
        let outcome = await fixture.service.verifyPassword(
            login: "bob", password: Array("b0b".utf8), Fixture.clear())
        #expect(outcome.failure?.kind == .encryptionRequired)
        #expect(fixture.directory.binds == 0 && fixture.directory.lookups == 0)
    }
}
