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
