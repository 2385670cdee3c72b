import NIOCore
import Testing

@testable import Transport

@Suite struct LimiterTests {
    private func address(_ text: String) throws -> PeerAddress {
        try #require(PeerAddress(try SocketAddress(ipAddress: text, port: 25)))
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1", "::1", "255.255.255.255"])
    func addressesRoundTrip(text: String) throws {
        #expect(try address(text).description == text)
        #expect(try address(text).port == 25)
    }

    @Test func mappedAddressesAreIPv4() throws {
        #expect(try address("::ffff:192.0.2.1") == address("192.0.2.1"))
    }

    @Test func ipv6ClientsCountBySixtyFourBits() throws {
        let limiter = ConnectionLimiter(ConnectionLimits(total: 10, perAddress: 1))
        #expect(limiter.admit(try address("2001:db8::1")))
        #expect(!limiter.admit(try address("2001:db8::2")))
        #expect(limiter.admit(try address("2001:db8:0:1::2")))
        #expect(limiter.admit(try address("192.0.2.1")))
        #expect(limiter.admit(try address("192.0.2.2")))
        limiter.release(try address("2001:db8::1"))
        #expect(limiter.admit(try address("2001:db8::2")))
        #expect(limiter.count == 4)
    }
}
