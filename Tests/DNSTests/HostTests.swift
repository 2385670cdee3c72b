import DNS
import Logging
import TestSupport
import Testing

@Suite struct HostTests {
    private let fixture: DNSFixture
    private var resolver: DNSResolver { fixture.resolver }

    init() throws { fixture = try DNSFixture.get() }

    @Test(arguments: [
        ("mx1.plain.test", ["2001:db8::1", "192.0.2.1"], false, "mx1.plain.test"),
        ("MX1.Plain.Test.", ["2001:db8::1", "192.0.2.1"], false, "mx1.plain.test"),
        ("mx2.plain.test", ["192.0.2.2"], false, "mx2.plain.test"),
        ("bare6.plain.test", ["2001:db8::3"], false, "bare6.plain.test"),
        ("mx3.plain.test", ["2001:db8::1", "192.0.2.1"], false, "mx1.plain.test"),
        ("mx1.signed.example", ["2001:db8::11", "192.0.2.11"], true, "mx1.signed.example"),
        ("mx2.signed.example", ["2001:db8::11", "192.0.2.11"], true, "mx1.signed.example"),
        // A secure alias of something insecure, and the other way round: not secure.
        ("out.signed.example", ["2001:db8::1", "192.0.2.1"], false, "mx1.plain.test"),
        ("mail.alias.test", ["2001:db8::11", "192.0.2.11"], false, "mx1.signed.example"),
        ("mx.branch.signed.example", ["192.0.2.15"], false, "mx.branch.signed.example"),
        ("mx.bücher.example", ["192.0.2.31"], false, "mx.xn--bcher-kva.example"),
        ("localhost", ["::1", "127.0.0.1"], false, "localhost"),
    ])
    func addresses(
        _ host: String, _ addresses: [String], _ isSecure: Bool, _ canonicalName: String
    ) async {
        #expect(
            await resolver.addresses(of: host, .all)
                == .found(addresses, isSecure: isSecure, canonicalName: canonicalName))
    }

    @Test func oneFamily() async {
        #expect(
            await resolver.addresses(of: "mx1.plain.test", .ipv4)
                == .found(["192.0.2.1"], isSecure: false, canonicalName: "mx1.plain.test"))
        #expect(
            await resolver.addresses(of: "mx1.plain.test", .ipv6)
                == .found(["2001:db8::1"], isSecure: false, canonicalName: "mx1.plain.test"))
        #expect(await resolver.addresses(of: "mx2.plain.test", .ipv6) == .none)
    }

    @Test(arguments: [
        "nowhere.plain.test", "empty.plain.test", "nowhere.signed.example", "a b", "",
    ])
    func none(_ host: String) async {
        #expect(await resolver.addresses(of: host, .all) == .none)
    }

    @Test func atMostTwentyOfBothFamilies() async {
        let found = await resolver.addresses(of: "crowd.plain.test", .all)
        guard case .found(let addresses, _, _) = found else {
            Issue.record("no addresses")
            return
        }
        #expect(addresses.count == 20)
        #expect(Set(addresses).count == 20)
        #expect(addresses.count { $0.contains(":") } == 10)
    }

    /// Forged addresses, and honest ones beside forged ones of the other family.
    @Test(arguments: ["forged.rogue.example", "half.rogue.example", "toforged.rogue.example"])
    func forgedIsTemporary(_ host: String) async {
        guard case .failure(let fault) = await resolver.addresses(of: host, .all) else {
            Issue.record("believed")
            return
        }
        #expect(fault.kind == .bogus)
    }

    @Test func withoutValidationEverythingIsInsecure() async throws {
        var configuration = DNSConfiguration(servers: [fixture.server.address])
        configuration.validates = false
        let resolver = try DNSResolver(configuration: configuration, logger: Logger(label: "test"))
        #expect(
            await resolver.addresses(of: "mx1.signed.example", .ipv4)
                == .found(["192.0.2.11"], isSecure: false, canonicalName: "mx1.signed.example"))
        #expect(
            await resolver.addresses(of: "forged.rogue.example", .ipv4)
                == .found(["192.0.2.67"], isSecure: false, canonicalName: "forged.rogue.example"))
        await resolver.shutDown()
    }

    @Test(arguments: [
        ("plain.test", TextLookup.texts(
            ["joined together", "v=spf1 -all", "\0\u{FFFD}"], isSecure: false)),
        ("signed.example", .texts(["signed"], isSecure: true)),
        ("mx1.plain.test", .none(isSecure: false)),
        ("_mta-sts.signed.example", .none(isSecure: true)),
    ])
    func texts(_ name: String, _ expected: TextLookup) async {
        #expect(await resolver.texts(of: name).sorted == expected.sorted)
    }
}

extension TextLookup {
    fileprivate var sorted: TextLookup {
        guard case .texts(let texts, let isSecure) = self else { return self }
        return .texts(texts.sorted(), isSecure: isSecure)
    }
}
