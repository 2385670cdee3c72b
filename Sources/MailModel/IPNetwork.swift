#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An IPv4 or IPv6 network in CIDR notation (RFC 4632, RFC 4291 section 2.3).
package struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    private let octets: [UInt8]
    private let prefix: Int

    /// Parses `address` or `address/prefix`. Nil when it is neither.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let octets = Self.octets(String(parts[0])) else {
            return nil
        }
        var prefix = octets.count * 8
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...prefix).contains(given) else { return nil }
            prefix = given
        }
        self.octets = octets
        self.prefix = prefix
    }

    /// Whether an address (`192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1`) lies within.
    package func contains(_ address: String) -> Bool {
        guard var other = Self.octets(address) else { return false }
        // An IPv4 client of a dual-stack socket.
        if octets.count == 4, other.count == 16, other[..<10].allSatisfy({ $0 == 0 }),
            other[10] == 0xff, other[11] == 0xff
        {
            other = Array(other[12...])
        }
        guard other.count == octets.count else { return false }
        let whole = prefix / 8
        guard octets[..<whole] == other[..<whole] else { return false }
        let rest = prefix % 8
        return rest == 0 || octets[whole] >> (8 - rest) == other[whole] >> (8 - rest)
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(octets.count == 4 ? AF_INET : AF_INET6, octets, &text, socklen_t(text.count))
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self) + "/\(prefix)"
    }

    private static func octets(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes[..<4]) }
        if inet_pton(AF_INET6, text, &bytes) == 1 { return bytes }
        return nil
    }
}
