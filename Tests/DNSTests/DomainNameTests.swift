import DNS
import Testing

@Suite struct DomainNameTests {
    @Test(arguments: [
        ("example.org", "example.org"),
        ("EXAMPLE.Org.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("Straße.example", "xn--strae-oqa.example"),
        ("BÜCHER.EXAMPLE.", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("_25._tcp.mx_1.example.org", "_25._tcp.mx_1.example.org"),
        ("localhost", "localhost"),
    ])
    func lookUpForm(_ name: String, _ ascii: String) {
        #expect(DomainName.ascii(name) == ascii)
    }

    @Test func longestLabelAndName() {
        let label = String(repeating: "a", count: 63)
        #expect(DomainName.ascii(label + ".example") != nil)
        #expect(DomainName.ascii(label + "a.example") == nil)
        let name = Array(repeating: label, count: 3).joined(separator: ".") + "."
        #expect(DomainName.ascii(name + String(repeating: "b", count: 61)) != nil)
        #expect(DomainName.ascii(name + String(repeating: "b", count: 62)) == nil)
    }

    @Test(arguments: [
        "", ".", "..", "a..b", ".a", "a b.example", "a@b", "[192.0.2.1]", "192.0.2.1",
        "2001:db8::1", "-a.example", "a-.example", "a\0.example", "ü\0.example", "a\r\nb.example",
        "a/b", "*.example",
        String(repeating: "ü", count: 100) + ".example", "ü b.example", "\u{202E}ü.example",
        String(repeating: "a.", count: 5000) + "example",
    ])
    func illegal(_ name: String) {
        #expect(DomainName.ascii(name) == nil)
    }

    @Test(arguments: [
        "example.org", "bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "XN--BCHER-KVA.example",
        "straße.example", "א1.example", "例え。テスト", String(repeating: "日", count: 22) + ".jp",
        // From the time of IDNA2003.
        "xn--ls8h.example", "xn--n3h.example",
        // No A-label, and nothing for IDNA to say.
        "a_b.example", "under.xn", "ab--c.example", String(repeating: "b", count: 70) + ".example",
    ])
    func possible(_ name: String) {
        #expect(DomainName.isPossible(name))
    }

    @Test(arguments: [
        // No Punycode, Punycode for nothing, an A-label that no U-label has.
        "xn--ü.example", "xn--99999999.example", "xn--.example", "xn--abc-.example", "a.xn--a.example",
        "xn--bücher-kva.example",
        // Not allowed under IDNA2008: symbols, hyphens, what combines with nothing, two directions.
        "☃.example", "💩.example", "-ü.example", "ü-.example", "ab--ü.example", "\u{308}a.example", "אa.example",
        "1א.example", "a\u{200D}ü.example", "\u{202E}ü.example", "ü..example", "ü\0.example",
        // Too long, as labels and as a whole.
        String(repeating: "日本語", count: 19) + ".example", String(repeating: "ü", count: 60) + ".example",
        Array(repeating: "üüüüüüüü", count: 17).joined(separator: ".") + ".example",
    ])
    func impossible(_ name: String) {
        #expect(!DomainName.isPossible(name))
    }

    @Test(arguments: [
        ("xn--bcher-kva.example", "bücher.example"),
        ("example.org", "example.org"),
        ("xn--bcher-kva.xn--zckzah", "bücher.テスト"),
        // Not what it would be if it were typed in: stays in A-labels.
        ("xn--a.example", "xn--a.example"),
        ("_dmarc.example.org", "_dmarc.example.org"),
    ])
    func forPeople(_ name: String, _ unicode: String) {
        #expect(DomainName.unicode(name) == unicode)
    }
}
