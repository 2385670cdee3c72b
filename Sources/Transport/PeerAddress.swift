import Glibc
package import NIOCore

/// An end of a connection: an IP address and a port, or of a local socket, of which there is nothing
/// to say. An IPv4 client of an IPv6 socket (`::ffff:192.0.2.1`) is told as the IPv4 address it is.
package struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
    /// In host byte order; the low half is unused for IPv4.
    private let high: UInt64
    private let low: UInt64
    package let isIPv6: Bool
    /// An end of a Unix socket.
    package let isLocalSocket: Bool
    package let port: UInt16

    /// Any end of a Unix socket: clients have no names there.
    static let localSocket = PeerAddress()

    private init() {
        (high, low, isIPv6, isLocalSocket, port) = (0, 0, false, true, 0)
    }

    /// Nil for anything but IPv4 and IPv6.
    package init?(_ address: SocketAddress) {
        isLocalSocket = false
        switch address {
        case .v4:
            high = UInt64(address.load(UInt32.self, at: 4))
            low = 0
            isIPv6 = false
        case .v6:
            let first = address.load(UInt64.self, at: 8)
            let second = address.load(UInt64.self, at: 16)
            let isMapped = first == 0 && second >> 32 == 0xffff
            high = isMapped ? second & 0xffff_ffff : first
            low = isMapped ? 0 : second
            isIPv6 = !isMapped
        case .unixDomainSocket:
            return nil
        }
        port = UInt16(address.port ?? 0)
    }

    /// The address without the port: `192.0.2.1`, `2001:db8::1`.
    package var description: String {
        isLocalSocket ? "local" : numericDescription
    }

    private var numericDescription: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            if isIPv6 {
                var words = (high.bigEndian, low.bigEndian)
                inet_ntop(AF_INET6, &words, text.baseAddress!, socklen_t(text.count))
            } else {
                var word = UInt32(high).bigEndian
                inet_ntop(AF_INET, &word, text.baseAddress!, socklen_t(text.count))
            }
            return String(cString: text.baseAddress!)
        }
    }

    /// What a per-client limit counts by: the IPv4 address, or the IPv6 /64, of which one client
    /// usually has all the addresses.
    var network: Network { Network(bits: high, isIPv6: isIPv6) }

    struct Network: Hashable, Sendable {
        fileprivate let bits: UInt64
        fileprivate let isIPv6: Bool
    }
}

extension SocketAddress {
    /// A big-endian field of sockaddr_in (address at 4) or sockaddr_in6 (address at 8). Their
    /// fields by name belong to a module inside of NIO.
    fileprivate func load<Word: FixedWidthInteger & BitwiseCopyable>(
        _: Word.Type, at offset: Int
    ) -> Word {
        withSockAddr { address, size in
            Word(
                bigEndian: UnsafeRawBufferPointer(start: address, count: size)
                    .loadUnaligned(fromByteOffset: offset, as: Word.self))
        }
    }
}
