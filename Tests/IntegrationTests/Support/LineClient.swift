import COpenSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A mail client for tests that says exactly the octets it is told to: a blocking socket to
/// 127.0.0.1, TLS when asked for. Every read has a limit of a minute.
final class LineClient {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let descriptor: Int32
    private var context: OpaquePointer?
    private var ssl: OpaquePointer?
    private var buffered: [UInt8] = []
    /// Octets of `buffered` that have been taken as lines.
    private var taken = 0

    /// Connects, from `source` if given (any of 127.0.0.0/8).
    init(port: Int, source: String? = nil) throws {
        // A connection that the server has closed is to be an error, not the end of the tests.
        signal(SIGPIPE, SIG_IGN)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if let source {
            try Self.withAddress(source, 0) { bind(descriptor, $0, $1) }
        }
        try Self.withAddress("127.0.0.1", port) { connect(descriptor, $0, $1) }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
        Glibc.close(descriptor)
    }

    /// Begins TLS; what the server says in clear behind this point is lost to the handshake.
    func startTLS(serverName: String = "mail.example.org", maximumVersion: Int32 = 0) throws {
        context = SSL_CTX_new(TLS_client_method())
        if maximumVersion != 0 {
            SSL_CTX_ctrl(context, 124 /* SSL_CTRL_SET_MAX_PROTO_VERSION */, Int(maximumVersion), nil)
        }
        ssl = SSL_new(context)
        SSL_set_fd(ssl, descriptor)
        _ = serverName.withCString {
            SSL_ctrl(ssl, 55 /* SSL_CTRL_SET_TLSEXT_HOSTNAME */, 0, UnsafeMutableRawPointer(mutating: $0))
        }
        guard SSL_connect(ssl) == 1 else { throw Failure(description: "TLS handshake failed") }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { chunk in
                ssl == nil
                    ? Glibc.send(descriptor, chunk.baseAddress, chunk.count, Int32(MSG_NOSIGNAL))
                    : Int(SSL_write(ssl, chunk.baseAddress, Int32(min(chunk.count, 1 << 20))))
            }
            guard count > 0 else { throw Failure(description: "connection lost while sending") }
            rest = rest.dropFirst(count)
        }
    }

    /// The next line without its CRLF; nil when the server has closed the connection.
    func line() throws -> String? {
        while true {
            if let end = buffered[taken...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffered[taken..<end]
                taken = end + 1
                return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            }
            guard let more = try receive() else { return nil }
            buffered.removeFirst(taken)
            taken = 0
            buffered += more
        }
    }

    /// All that comes until the server closes the connection.
    func rest() throws -> String {
        while let more = try receive() { buffered += more }
        defer {
            buffered = []
            taken = 0
        }
        return String(decoding: buffered[taken...], as: UTF8.self)
    }

    /// An SMTP reply: its lines, joined by newlines.
    func reply() throws -> String {
        var lines: [String] = []
        while let line = try line() {
            lines.append(line)
            if line.utf8.count < 4 || line.utf8.dropFirst(3).first != UInt8(ascii: "-") { break }
        }
        return lines.joined(separator: "\n")
    }

    /// Sends a command line and returns the SMTP reply.
    @discardableResult
    func command(_ line: String) throws -> String {
        try send(line + "\r\n")
        return try reply()
    }

    /// A POP3 multi-line response behind its status line, dot-stuffing removed.
    func multiline() throws -> [String] {
        var lines: [String] = []
        while let line = try line() {
            if line == "." { return lines }
            lines.append(line.hasPrefix("..") ? String(line.dropFirst()) : line)
        }
        throw Failure(description: "connection closed within a multi-line response")
    }

    /// The next octets, so many.
    func octets(_ count: Int) throws -> [UInt8] {
        while buffered.count - taken < count {
            guard let more = try receive() else {
                throw Failure(description: "connection closed within a literal")
            }
            buffered += more
        }
        defer { taken += count }
        return Array(buffered[taken..<taken + count])
    }

    /// The name that the server's certificate is for, as in `/CN=mail.example.org`.
    var certificateName: String? {
        guard let ssl, let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        var name = [CChar](repeating: 0, count: 256)
        X509_NAME_oneline(X509_get_subject_name(certificate), &name, Int32(name.count))
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    private func receive() throws -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let capacity = chunk.count
        let count = chunk.withUnsafeMutableBytes { space in
            ssl == nil
                ? recv(descriptor, space.baseAddress, capacity, 0)
                : Int(SSL_read(ssl, space.baseAddress, Int32(capacity)))
        }
        if count > 0 { return Array(chunk[..<count]) }
        let isLate =
            ssl == nil
            ? count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
            : [SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE].contains(SSL_get_error(ssl, Int32(count)))
        if isLate {
            throw Failure(description: "the server said nothing for a minute")
        }
        return nil
    }

    private static func withAddress(
        _ host: String, _ port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            throw Failure(description: "\(host):\(port): \(String(cString: strerror(errno)))")
        }
    }
}
