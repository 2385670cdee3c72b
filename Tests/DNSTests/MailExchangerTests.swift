import DNS
import TestSupport
import Testing

@Suite struct MailExchangerTests {
    private let fixture: DNSFixture
    private var resolver: DNSResolver { fixture.resolver }

    init() throws { fixture = try DNSFixture.get() }

    @Test func byPreferenceEachHostOnce() async {
        let found = await resolver.mailExchangers(of: "Plain.Test.")
        guard case .hosts(let hosts, let isSecure) = found else {
            Issue.record("no hosts")
            return
        }
        #expect(hosts.map(\.preference) == [10, 10, 20])
        #expect(Set(hosts.prefix(2).map(\.name)) == ["mx1.plain.test", "mx2.plain.test"])
        #expect(hosts.last?.name == "mx3.plain.test")
        #expect(!isSecure)
    }

    @Test func equalPreferencesAreShuffled() async {
        var orders: [[String]: Int] = [:]
        for _ in 0..<100 {
            guard case .hosts(let hosts, _) = await resolver.mailExchangers(of: "plain.test") else {
                Issue.record("no hosts")
                return
            }
            orders[hosts.map(\.name), default: 0] += 1
        }
        #expect(orders.count == 2)
        #expect(orders.values.allSatisfy { $0 > 20 })
    }

    /// A domain without MX records, and what it is instead.
    @Test(arguments: [
        ("bare.plain.test", MailExchangers.implicit(host: "bare.plain.test", isSecure: false)),
        ("bare6.plain.test", .implicit(host: "bare6.plain.test", isSecure: false)),
        ("barely.plain.test", .implicit(host: "barely.plain.test", isSecure: false)),
        ("bare.signed.example", .implicit(host: "bare.signed.example", isSecure: true)),
        ("null.plain.test", .nullMX),
        ("null.signed.example", .nullMX),
        ("onlynull.plain.test", .noAddress),
        ("empty.plain.test", .noAddress),
        ("empty.signed.example", .noAddress),
        ("nothing.plain.test", .noAddress),
        ("strange.plain.test", .noAddress),
        ("nowhere.plain.test", .noSuchDomain),
        ("nowhere.signed.example", .noSuchDomain),
        ("gone.plain.test", .noSuchDomain),
        ("no such domain", .noSuchDomain),
        ("192.0.2.1", .noSuchDomain),
        ("", .noSuchDomain),
    ])
    func without(_ domain: String, _ expected: MailExchangers) async {
        #expect(await resolver.mailExchangers(of: domain) == expected)
    }

    @Test(arguments: [
        ("nullish.plain.test", ["mx1.plain.test"], false),
        ("literal.plain.test", ["mx2.plain.test"], false),
        ("lost.plain.test", ["nowhere.plain.test"], false),
        ("any.wild.plain.test", ["mx2.plain.test"], false),
        ("signed.example", ["mx1.signed.example"], true),
        ("branch.signed.example", ["mx.branch.signed.example"], false),
        ("rogue.example", ["honest.rogue.example"], true),
        ("bücher.example", ["mx.xn--bcher-kva.example"], false),
        ("XN--BCHER-KVA.example", ["mx.xn--bcher-kva.example"], false),
    ])
    func hosts(_ domain: String, _ names: [String], _ isSecure: Bool) async {
        let expected = MailExchangers.hosts(
            names.map { MailExchanger(name: $0, preference: 0) }, isSecure: isSecure)
        #expect(await resolver.mailExchangers(of: domain).withoutPreferences == expected)
    }

    @Test func followAliases() async {
        guard case .hosts(let hosts, _) = await resolver.mailExchangers(of: "www.plain.test") else {
            Issue.record("no hosts")
            return
        }
        #expect(hosts.count == 3)
    }

    @Test func atMostFifty() async {
        let found = await resolver.mailExchangers(of: "many.plain.test")
        #expect(
            found
                == .hosts(
                    (0..<50).map { MailExchanger(name: "h\($0).plain.test", preference: $0) },
                    isSecure: false))
    }

    @Test func aliasesInACircleAreTemporary() async {
        let found = await resolver.mailExchangers(of: "loop.plain.test")
        #expect(found.fault == .serverFailure(code: 2))
    }

    @Test func forgedIsTemporary() async {
        #expect(await resolver.mailExchangers(of: "mail.rogue.example").fault == .bogus)
    }

    /// The server refuses to answer.
    @Test func refusedIsTemporary() async {
        let found = await resolver.mailExchangers(of: "elsewhere.example")
        #expect(found.fault == .serverFailure(code: 2))
    }
}

extension MailExchangers {
    fileprivate var withoutPreferences: MailExchangers {
        guard case .hosts(let hosts, let isSecure) = self else { return self }
        return .hosts(
            hosts.map { MailExchanger(name: $0.name, preference: 0) }, isSecure: isSecure)
    }

    fileprivate var fault: DNSFault.Kind? {
        if case .failure(let fault) = self { fault.kind } else { nil }
    }
}
