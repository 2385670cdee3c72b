#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The network that failures are counted for: an IPv4 address, or an IPv6 /64, which is what one
/// customer is given.
struct NetworkKey: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(_ address: String) {
        var v6 = in6_addr()
        var v4 = in_addr()
        if inet_pton(AF_INET, address, &v4) == 1 {
            high = 0
            low = UInt64(UInt32(bigEndian: v4.s_addr))
        } else if inet_pton(AF_INET6, address, &v6) == 1 {
            let bytes = withUnsafeBytes(of: v6) { Array($0) }
            func word(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
            // An IPv4 client of a dual-stack socket, ::ffff:192.0.2.1, is that client.
            if word(0..<8) == 0, word(8..<12) == 0xffff {
                high = 0
                low = word(12..<16)
            } else {
                high = word(0..<8)
                low = .max
            }
        } else {
            // Not an address: all such are one.
            high = .max
            low = 0
        }
    }
}
