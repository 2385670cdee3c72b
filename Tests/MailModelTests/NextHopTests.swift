import MailModel
import Testing

@Suite struct NextHopTests {
    @Test(arguments: [
        ("mx.example.org", "mx.example.org"), ("MX.Example.org:25", "mx.example.org"),
        ("mx.example.org:2525", "mx.example.org:2525"), ("192.0.2.1:26", "192.0.2.1:26"),
        ("[2001:DB8::1]", "[2001:db8::1]"), ("[2001:db8::1]:587", "[2001:db8::1]:587"),
        ("lmtp:store.example.org", "lmtp:store.example.org"),
        ("LMTP:store.example.org:25", "lmtp:store.example.org:25"),
        ("lmtp:[::1]:24", "lmtp:[::1]"),
    ])
    func textAndBack(text: String, shortest: String) throws {
        let hop = try #require(NextHop(text))
        #expect(hop.description == shortest)
        #expect(NextHop(shortest) == hop)
    }

    @Test(arguments: [
        "", ":25", "host:", "host:0", "host:65536", "host:+25", "host: 25", "a b", "[::1", "[]:25", "[x]:25",
        "-host", "host:25:26", "[::1]25", "lmtp:", "host/../x", "host\r\n",
    ])
    func refused(text: String) {
        #expect(NextHop(text) == nil)
    }
}
