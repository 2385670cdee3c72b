internal import COpenSSL
internal import Glibc

/// A blocking connection to a server, with a deadline for every wait; TLS with the certificate and
/// its name verified, unless the caller says otherwise by name.
final class ClientSocket {
    private static let timeout: Int32 = 120_000

    private let descriptor: Int32
    private let peer: String
    private var ssl: OpaquePointer?
    private var context: OpaquePointer?

    /// A TCP connection to the first address that answers.
    init(host: String, port: Int) throws(MigrationError) {
        peer = "\(host) port \(port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, "\(port)", &hints, &found)
        guard status == 0 else {
            throw MigrationError("\(host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(found) }
        var candidate = found
        var problem = MigrationError("\(peer): no address")
        while let address = candidate?.pointee {
            let socket = Glibc.socket(address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            if socket >= 0 {
                if connect(socket, address.ai_addr, address.ai_addrlen) == 0 {
                    var one: Int32 = 1
                    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
                    descriptor = socket
                    return
                }
                problem = .system(peer)
                Glibc.close(socket)
            } else {
                problem = .system(peer)
            }
            candidate = address.ai_next
        }
        throw problem
    }

    /// A connection to a local socket.
    init(path: String) throws(MigrationError) {
        peer = path
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw MigrationError("\(path): too long for a socket's path")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .system(path) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let advice = errno == EACCES ? "run this as root or as the server's user" : "the server must run"
            let error = MigrationError.system("\(path): no server answers there, \(advice)")
            Glibc.close(socket)
            throw error
        }
        descriptor = socket
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
        Glibc.close(descriptor)
    }

    /// - Parameters:
    ///   - name: what the certificate must be for.
    ///   - authorities: a PEM file of CAs; nil: the system's.
    func startTLS(name: String, authorities: String?, verifies: Bool) throws(MigrationError) {
        // OpenSSL writes without MSG_NOSIGNAL; a server that is gone is an error, not our end.
        signal(SIGPIPE, SIG_IGN)
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()), let ssl = SSL_new(context) else {
            throw MigrationError("TLS: out of memory")
        }
        self.context = context
        self.ssl = ssl
        if verifies {
            if let authorities {
                guard SSL_CTX_load_verify_file(context, authorities) == 1 else {
                    throw MigrationError("\(authorities): holds no PEM certificates")
                }
            } else {
                SSL_CTX_set_default_verify_paths(context)
            }
            // The SSL object copied the context's settings before; its store is shared.
            SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
            SSL_set1_host(ssl, name)
        }
        martlet_ssl_set_server_name(ssl, name)
        guard SSL_set_fd(ssl, descriptor) == 1 else { throw MigrationError("TLS: out of memory") }
        setSocketTimeouts()
        guard SSL_connect(ssl) == 1 else {
            let verification = SSL_get_verify_result(ssl)
            let reason =
                verifies && verification != Int(X509_V_OK)
                ? String(cString: X509_verify_cert_error_string(verification))
                : ERR_reason_error_string(ERR_peek_last_error()).map { String(cString: $0) }
                    ?? "the connection ended"
            throw MigrationError("\(peer): TLS failed: \(reason)")
        }
    }

    /// Of each read and write of the system's, which OpenSSL makes itself.
    private func setSocketTimeouts() {
        var limit = timeval(tv_sec: Int(Self.timeout / 1000), tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    /// At least one octet; throws at the connection's end.
    func read(into space: UnsafeMutableRawBufferPointer) throws(MigrationError) -> Int {
        if let ssl {
            let count = SSL_read(ssl, space.baseAddress, Int32(clamping: space.count))
            guard count > 0 else { throw MigrationError("\(peer): the connection ended") }
            return Int(count)
        }
        try wait(for: Int16(POLLIN))
        let count = Glibc.recv(descriptor, space.baseAddress, space.count, 0)
        guard count >= 0 else { throw .system(peer) }
        guard count > 0 else { throw MigrationError("\(peer): the connection ended") }
        return count
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(MigrationError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count: Int
            if let ssl {
                count = Int(SSL_write(ssl, part.baseAddress, Int32(clamping: part.count)))
                guard count > 0 else { throw MigrationError("\(peer): the connection ended") }
            } else {
                try wait(for: Int16(POLLOUT))
                count = Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
                guard count >= 0 else { throw .system(peer) }
            }
            rest = rest.dropFirst(count)
        }
    }

    private func wait(for events: Int16) throws(MigrationError) {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        let count = poll(&entry, 1, Self.timeout)
        guard count >= 0 || errno == EINTR else { throw .system(peer) }
        guard count != 0 else { throw MigrationError("\(peer): no answer in two minutes") }
    }
}
