import Glibc
import TestSupport

/// A name server that takes questions and says nothing: a UDP port that is only counted.
final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    var address: String { "127.0.0.1@\(port)" }

    init() throws {
        let descriptor = socket(
            AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
                | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw TestFailure("no UDP port") }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    /// Waits for a question.
    func isAsked() async throws {
        while questionCount() == 0 { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Since the last call.
    func questionCount() -> Int {
        var count = 0
        var octets = [UInt8](repeating: 0, count: 2048)
        while recv(descriptor, &octets, octets.count, 0) > 0 { count += 1 }
        return count
    }
}
