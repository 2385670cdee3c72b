import Glibc

struct SocketFailure: Error {
    let call: String
    let code = errno
}

/// A blocking TCP client; its calls belong on threads that may block. Reads give up after 20 s.
final class TestSocket: Sendable {
    private let descriptor: Int32

    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SocketFailure(call: "socket") }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        var address = [UInt8](repeating: 0, count: 16)
        address.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt16(AF_INET), as: UInt16.self)
            $0.storeBytes(of: UInt16(port).bigEndian, toByteOffset: 2, as: UInt16.self)
            $0.storeBytes(of: UInt32(0x7f00_0001).bigEndian, toByteOffset: 4, as: UInt32.self)
        }
        let result = address.withUnsafeBytes {
            connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, 16)
        }
        guard result == 0 else { throw SocketFailure(call: "connect") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: some Collection<UInt8>) throws {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SocketFailure(call: "send") }
            sent += count
        }
    }

    /// What arrives next; empty at the end.
    func receive(atMost limit: Int = 65536) throws -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { space, count in
            let received = recv(descriptor, space.baseAddress, limit, 0)
            failed = received < 0
            count = max(received, 0)
        }
        if failed { throw SocketFailure(call: "recv") }
        return bytes
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive(atMost: count - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    func receiveLine() throws -> String {
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            let byte = try receive(atMost: 1)
            if byte.isEmpty { break }
            line += byte
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Everything until the server closes; a reset counts as that.
    func receiveToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            do {
                let more = try receive()
                if more.isEmpty { return bytes }
                bytes += more
            } catch let failure as SocketFailure where failure.code == ECONNRESET {
                return bytes
            }
        }
    }

    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
