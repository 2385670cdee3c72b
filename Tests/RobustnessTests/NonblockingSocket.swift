import Glibc
import TestSupport

/// A TCP connection to 127.0.0.1 that never waits; what can't be sent yet is kept.
final class NonblockingSocket {
    private let descriptor: Int32
    private var unsent: [UInt8] = []
    private var received: [UInt8] = []
    /// The first line has come.
    private(set) var isGreeted = false

    init(port: UInt16) throws {
        descriptor = try Loopback.connect(port: port)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    func send(_ octets: [UInt8]) {
        unsent += octets
        flush()
    }

    private func flush() {
        guard !unsent.isEmpty else { return }
        let count = unsent.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 { unsent.removeFirst(count) }
    }

    /// The whole lines that are there.
    func lines() -> [String] {
        flush()
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 { received += chunk[..<count] }
        guard let end = received.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let text = String(decoding: received[..<end], as: UTF8.self)
        received.removeFirst(end + 1)
        isGreeted = true
        return text.split(separator: "\r\n").map(String.init)
    }

    /// Until one of them has something to read or room to write, a tenth of a second at most.
    static func wait(for sockets: [NonblockingSocket]) {
        var polled = sockets.map { socket in
            pollfd(
                fd: socket.descriptor,
                events: Int16(POLLIN) | (socket.unsent.isEmpty ? 0 : Int16(POLLOUT)), revents: 0)
        }
        poll(&polled, nfds_t(polled.count), 100)
    }
}
