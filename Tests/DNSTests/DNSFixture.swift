import DNS
import FuzzSupport
import Logging
import Synchronization
import TestSupport

/// The name server that most of the suites ask, and a resolver for it. Shared by the tests that run
/// at one time, and gone with the last of them. Nothing is changed at it.
final class DNSFixture: Sendable {
    private struct Shared {
        weak var fixture: DNSFixture?
    }

    private static let shared = Mutex(Shared())

    let server: NameServer
    let resolver: DNSResolver

    static func get() throws -> DNSFixture {
        try shared.withLock { shared in
            if let fixture = shared.fixture { return fixture }
            let fixture = try DNSFixture()
            shared.fixture = fixture
            return fixture
        }
    }

    private init() throws {
        server = try NameServer.start(zones: [
            Self.plain, Self.signed, Self.branch, Self.rogue, Self.alias, Self.idna,
        ])
        var configuration = DNSConfiguration(
            servers: [server.address], trustAnchorFile: server.trustAnchorFile)
        configuration.timeout = .seconds(30)
        resolver = try DNSResolver(
            configuration: configuration, logger: Logger(label: "test"), generator: Dice(seed: 1))
    }

    private static let plain = Zone(
        name: "plain.test",
        text: """
            @ IN MX 20 mx3
            @ IN MX 10 mx1
            @ IN MX 10 mx2
            @ IN MX 10 MX1
            @ IN TXT "v=spf1 -all"
            @ IN TXT "joined " "together"
            @ IN TXT "\\000\\255"
            mx1 IN A 192.0.2.1
            mx1 IN AAAA 2001:db8::1
            mx2 IN A 192.0.2.2
            mx3 IN CNAME mx1
            null IN MX 0 .
            nullish IN MX 0 .
            nullish IN MX 10 mx1
            onlynull IN MX 0 .
            onlynull IN MX 10 .
            bare IN A 192.0.2.3
            bare6 IN AAAA 2001:db8::3
            empty IN TXT "no mail here"
            under.nothing IN A 192.0.2.4
            literal IN MX 10 192.0.2.9.
            literal IN MX 20 mx2
            strange IN MX 10 a\\.b.plain.test.
            strange IN MX 20 b\\010c.plain.test.
            strange IN MX 30 -dash.plain.test.
            strange IN MX 40 b\\195\\188cher.plain.test.
            www IN CNAME plain.test.
            gone IN CNAME nowhere
            barely IN CNAME bare
            loop IN CNAME pool
            pool IN CNAME loop
            lost IN MX 10 nowhere
            *.wild IN MX 10 mx2
            \((0..<60).map { "many IN MX \($0) h\($0)" }.joined(separator: "\n"))
            \((1...30).map { "crowd IN A 192.0.2.\($0)\ncrowd IN AAAA 2001:db8::\($0)" }
                .joined(separator: "\n"))
            """)

    private static let signed = Zone(
        name: "signed.example",
        text: """
            @ IN MX 10 mx1
            @ IN TXT "signed"
            mx1 IN A 192.0.2.11
            mx1 IN AAAA 2001:db8::11
            _25._tcp.mx1 IN TLSA 3 1 1 \(String(repeating: "ab", count: 32))
            _25._tcp.mx1 IN TLSA 2 0 2 \(String(repeating: "cd", count: 64))
            mx2 IN CNAME mx1
            out IN CNAME mx1.plain.test.
            _25._tcp.out IN TLSA 3 1 1 \(String(repeating: "ef", count: 32))
            _25._tcp.hop IN CNAME _25._tcp.mx1
            hop IN A 192.0.2.12
            _25._tcp.leaving IN CNAME tlsa.plain.test.
            leaving IN A 192.0.2.13
            bare IN A 192.0.2.14
            empty IN TXT "nothing else"
            null IN MX 0 .
            branch IN NS ns.invalid.
            """, isSigned: true)

    /// Delegated without a DS record: proven to be insecure.
    private static let branch = Zone(
        name: "branch.signed.example",
        text: """
            @ IN MX 10 mx
            mx IN A 192.0.2.15
            """)

    /// Some of its signatures don't fit what they sign.
    private static let rogue = Zone(
        name: "rogue.example",
        text: """
            @ IN MX 10 honest
            honest IN A 192.0.2.21
            forged IN A 192.0.2.66
            forged IN AAAA 2001:db8::66
            _25._tcp.honest IN TLSA 3 1 1 \(String(repeating: "66", count: 32))
            half IN A 192.0.2.22
            half IN AAAA 2001:db8::6666
            mail IN MX 66 honest
            toforged IN CNAME forged
            """, isSigned: true,
        forgeries: [
            "192.0.2.66": "192.0.2.67", String(repeating: "66", count: 32):
                String(repeating: "67", count: 32), "2001:db8::6666": "2001:db8::6667",
            "MX\t66 honest": "MX\t67 honest",
        ])

    private static let alias = Zone(
        name: "alias.test",
        text: "mail IN CNAME mx1.signed.example.")

    private static let idna = Zone(
        name: "xn--bcher-kva.example",
        text: """
            @ IN MX 10 mx
            mx IN A 192.0.2.31
            """)
}
