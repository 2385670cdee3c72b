@testable import DNS
import TestSupport
import Testing

@Suite struct NameServersTests {
    @Test(arguments: [
        ("nameserver 192.0.2.1\nnameserver\t2001:db8::1 # second\nsearch example\n",
            ["192.0.2.1", "2001:db8::1"]),
        ("# nameserver 192.0.2.1\n;nameserver 192.0.2.2\nnameserver\n", ["127.0.0.1"]),
        ("", ["127.0.0.1"]),
        (String(repeating: "nameserver 192.0.2.1\n", count: 100),
            Array(repeating: "192.0.2.1", count: 8)),
    ])
    func resolvConf(_ text: String, _ servers: [String]) throws {
        let files = try TemporaryDirectory()
        try TextFile.write(text, to: "\(files.path)/resolv.conf")
        #expect(NameServers.ofSystem(file: "\(files.path)/resolv.conf") == servers)
        #expect(NameServers.ofSystem(file: "\(files.path)/missing") == ["127.0.0.1"])
    }
}
