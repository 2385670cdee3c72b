import MailModel
import Testing

struct IPNetworkTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.77/24", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.128/25", "192.0.2.127", false),
        ("192.0.2.128/25", "192.0.2.129", true),
        ("10.0.0.0/9", "10.127.1.1", true),
        ("10.0.0.0/9", "10.128.1.1", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("192.0.2.0/24", "::ffff:192.0.2.5", true),
        ("192.0.2.0/24", "::ffff:192.0.3.5", false),
        ("192.0.2.0/24", "::192.0.2.5", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8::/33", "2001:db8:8000::1", false),
        ("::/0", "2001:db8::1", true),
        ("::1", "::1", true),
        ("::1", "127.0.0.1", false),
        ("192.0.2.0/24", "host.example", false),
        ("192.0.2.0/24", "", false),
    ])
    func contains(_ network: String, _ address: String, _ isWithin: Bool) throws {
        #expect(try #require(IPNetwork(network)).contains(address) == isWithin)
    }

    @Test(arguments: [
        "", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/24/1", "192.0.2",
        "192.0.2.256", "2001:db8::/129", "example.org", "192.0.2.0/x", " 192.0.2.0/24",
    ])
    func invalid(_ text: String) { #expect(IPNetwork(text) == nil) }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1/32"), ("10.0.0.0/8", "10.0.0.0/8"), ("2001:DB8:0:0::/32", "2001:db8::/32"),
    ])
    func description(_ text: String, _ description: String) {
        #expect(IPNetwork(text)?.description == description)
    }
}
