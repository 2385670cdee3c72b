import Glibc
import TestSupport

/// A port where somebody answers the telephone and says nothing.
final class SilentHost {
    let port: UInt16
    private let descriptor: Int32
    private var clients: [Int32] = []

    /// Nobody listens yet.
    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            throw TestFailure("no free port")
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { for descriptor in clients + [descriptor] { close(descriptor) } }

    func listen() throws {
        guard Glibc.listen(descriptor, 100) == 0 else { throw TestFailure("listen") }
    }

    /// How many have come since the last time. They stay connected.
    func takeClients() -> Int {
        var count = 0
        while case let client = accept(descriptor, nil, nil), client >= 0 {
            clients.append(client)
            count += 1
        }
        return count
    }
}
