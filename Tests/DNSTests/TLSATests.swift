import DNS
import TestSupport
import Testing

@Suite struct TLSATests {
    private let fixture: DNSFixture
    private var resolver: DNSResolver { fixture.resolver }

    init() throws { fixture = try DNSFixture.get() }

    @Test(arguments: ["mx1.signed.example", "hop.signed.example"])
    func secure(_ host: String) async {
        guard case .records(let records, true) = await resolver.tlsa(port: 25, host: host) else {
            Issue.record("not secure")
            return
        }
        #expect(
            Set(records) == [
                TLSARecord(
                    usage: 3, selector: 1, matching: 1, data: Array(repeating: 0xab, count: 32)),
                TLSARecord(
                    usage: 2, selector: 0, matching: 2, data: Array(repeating: 0xcd, count: 64)),
            ])
    }

    @Test(arguments: [
        ("mx1.signed.example", 465, true), ("bare.signed.example", 25, true),
        ("nowhere.signed.example", 25, true), ("mx1.plain.test", 25, false),
        ("leaving.signed.example", 25, false), ("a b", 25, false),
    ])
    func none(_ host: String, _ port: UInt16, _ isSecure: Bool) async {
        #expect(await resolver.tlsa(port: port, host: host) == .none(isSecure: isSecure))
    }

    @Test func forgedIsTemporary() async {
        guard case .failure(let fault) = await resolver.tlsa(port: 25, host: "honest.rogue.example")
        else {
            Issue.record("believed")
            return
        }
        #expect(fault.kind == .bogus)
    }

    @Test(arguments: [
        ("mx1.signed.example", ["mx1.signed.example"]),
        ("mx2.signed.example", ["mx1.signed.example", "mx2.signed.example"]),
        // RFC 7672 section 2.2.2: the alias is secure, where it leads is not.
        ("out.signed.example", ["out.signed.example"]),
        ("mail.alias.test", []),
        ("mx1.plain.test", []),
        ("mx3.plain.test", []),
        ("nowhere.signed.example", []),
    ])
    func bases(_ host: String, _ bases: [String]) async throws {
        let addresses = await resolver.addresses(of: host, .all)
        #expect(try await resolver.tlsaBases(of: host, addresses).get() == bases)
    }
}
