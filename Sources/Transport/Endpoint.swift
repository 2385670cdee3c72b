import NIOCore

/// Where an outgoing connection goes: one address. Names are looked up elsewhere.
package enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in text, without brackets.
    case address(String, port: UInt16)
    /// A Unix socket's path, at most 107 bytes.
    case path(String)

    package var description: String {
        switch self {
        case .address(let text, let port): text.contains(":") ? "[\(text)]:\(port)" : "\(text):\(port)"
        case .path(let path): path
        }
    }

    /// - Throws: `.io` when the text is no address.
    func socketAddress() throws(ConnectionError) -> SocketAddress {
        do {
            switch self {
            case .address(let text, let port):
                return try SocketAddress(ipAddress: text, port: Int(port))
            case .path(let path):
                return try SocketAddress(unixDomainSocketPath: path)
            }
        } catch {
            throw .io("not an address: \(self)")
        }
    }
}
