import COpenSSL
import NIOCore
import Synchronization

/// One TLS connection over OpenSSL, a server's or a client's: records in, plain bytes out, and back. It does no
/// I/O. The connection's loop drives it; a lock lets other threads ask for channel bindings.
final class TLSEngine: @unchecked Sendable {
    /// A record carries at most 16 KiB (RFC 8446 section 5.1); header, nonce, type and tag are
    /// less than this.
    private static let recordSize = 16 * 1024
    private static let recordOverhead = 64

    enum Progress {
        case handshaking
        case established
        /// The peer has sent close_notify.
        case ended
        case failed(ConnectionError)
    }

    private enum Role {
        case server(CertificateSet)
        case client(TLSClientHandshake)
    }

    private let role: Role
    private let lock = Mutex(())
    private let ssl: OpaquePointer
    private var isEstablished = false
    /// The records being received; set only during `receive`.
    private var records = UnsafeRawBufferPointer(start: nil, count: 0)
    private var output = ByteBuffer()
    /// So much of the output may wait for a record of ours.
    private var deferrable = 0

    convenience init(_ server: TLSServerContext) throws(ConnectionError) {
        let certificates = server.certificates
        try self.init(.server(certificates), certificates.standard.context)
        SSL_set_accept_state(ssl)
    }

    convenience init(_ context: TLSClientContext, _ peer: TLSPeer) throws(ConnectionError) {
        let context = context.current
        let handshake = TLSClientHandshake(context, peer)
        try self.init(.client(handshake), context.context)
        try handshake.prepare(ssl)
    }

    private init(_ role: Role, _ context: OpaquePointer) throws(ConnectionError) {
        self.role = role
        ERR_clear_error()
        guard let ssl = SSL_new(context) else { throw .tls(OpenSSLError.takeReason()) }
        self.ssl = ssl
        let this = Unmanaged.passUnretained(self).toOpaque()
        guard let bio = TLSBIO.make(for: this) else { throw .tls("out of memory") }
        SSL_set_bio(ssl, bio, bio)
        SSL_set_ex_data(ssl, 0, this)
    }

    deinit {
        SSL_free(ssl)
    }

    static func of(_ ssl: OpaquePointer?) -> TLSEngine? {
        SSL_get_ex_data(ssl, 0).map { Unmanaged<TLSEngine>.fromOpaque($0).takeUnretainedValue() }
    }

    static func of(bio: OpaquePointer?) -> TLSEngine? {
        BIO_get_data(bio).map { Unmanaged<TLSEngine>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Nil on a client's side.
    var certificates: CertificateSet? {
        if case .server(let certificates) = role { certificates } else { nil }
    }

    /// Nil on a server's side.
    var client: TLSClientHandshake? {
        if case .client(let handshake) = role { handshake } else { nil }
    }

    // MARK: Driven by the loop

    /// Goes on with the handshake, and appends decrypted bytes to `plain`. All of `chunk` is used
    /// up: OpenSSL keeps an incomplete record.
    func receive(_ chunk: ByteBuffer, into plain: inout ByteBuffer) -> Progress {
        lock.withLock { _ in
            chunk.withUnsafeReadableBytes { bytes in
                records = bytes
                defer { records = UnsafeRawBufferPointer(start: nil, count: 0) }
                ERR_clear_error()
                if !isEstablished {
                    let result = SSL_do_handshake(ssl)
                    guard result == 1 else { return progress(result, otherwise: .handshaking) }
                    isEstablished = true
                    if let error = client?.finish(ssl) { return .failed(error) }
                    deferTicket()
                }
                return decrypt(into: &plain)
            }
        }
    }

    private func decrypt(into plain: inout ByteBuffer) -> Progress {
        while !records.isEmpty || SSL_pending(ssl) > 0 {
            let room = max(Int(SSL_pending(ssl)), min(records.count, Self.recordSize), 64)
            var result: Int32 = 0
            plain.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
                var count = 0
                result = SSL_read_ex(ssl, space.baseAddress, space.count, &count)
                return result == 1 ? count : 0
            }
            guard result == 1 else { return progress(result, otherwise: .established) }
        }
        return .established
    }

    private func progress(_ result: Int32, otherwise waiting: Progress) -> Progress {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: waiting
        case SSL_ERROR_ZERO_RETURN: .ended
        default: .failed(failure())
        }
    }

    private func failure() -> ConnectionError {
        let reason = OpenSSLError.takeReason()
        return client?.problem.map { .certificate($0) } ?? .tls(reason)
    }

    /// Encrypts `plain` into the output.
    ///
    /// - Returns: why it failed; nil when all is well.
    func encrypt(_ plain: ByteBuffer) -> String? {
        lock.withLock { _ in
            ERR_clear_error()
            let records = plain.readableBytes / Self.recordSize + 1
            output.reserveCapacity(
                minimumWritableBytes: plain.readableBytes + records * Self.recordOverhead)
            return plain.withUnsafeReadableBytes { bytes in
                var left = bytes[...]
                while !left.isEmpty {
                    var written = 0
                    let rest = UnsafeRawBufferPointer(rebasing: left)
                    guard SSL_write_ex(ssl, rest.baseAddress, rest.count, &written) == 1 else {
                        return OpenSSLError.takeReason()
                    }
                    left = left.dropFirst(written)
                }
                return nil
            }
        }
    }

    /// Says close_notify (RFC 8446 section 6.1), unless the handshake is not done.
    func close() {
        lock.withLock { _ in
            guard isEstablished else { return }
            // Never waits for the client's: 0 means that ours is out.
            if SSL_shutdown(ssl) < 0 {
                ERR_clear_error()
            }
        }
    }

    /// In TLS 1.3 a server's last words of the handshake are a session ticket for the client's next visit,
    /// which can go out with the first record. (In 1.2 the client waits for them.)
    private func deferTicket() {
        if client == nil && SSL_version(ssl) == TLS1_3_VERSION {
            deferrable = output.readableBytes
        }
    }

    /// There is output that the client may be waiting for.
    var hasUrgentOutput: Bool { output.readableBytes > deferrable }

    /// What is to be sent.
    func takeOutput() -> ByteBuffer {
        defer { output = ByteBuffer() }
        deferrable = 0
        return output
    }

    // MARK: Called by OpenSSL, inside of the above

    func takeRecordBytes(_ space: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(space.count, records.count)
        guard count > 0 else { return 0 }
        space.copyMemory(from: UnsafeRawBufferPointer(rebasing: records[..<count]))
        records = UnsafeRawBufferPointer(rebasing: records[count...])
        return count
    }

    func addOutput(_ bytes: UnsafeRawBufferPointer) {
        output.writeBytes(bytes)
    }

    /// The binding of the certificate that the client knows the server by: of a resumed session the
    /// one noted in its ticket.
    func endPointBinding(_ ssl: OpaquePointer?) -> [UInt8]? {
        guard let certificates else {
            return SSL_get0_peer_certificate(ssl).flatMap(CertificateReader.endPointBinding)
        }
        if SSL_session_reused(ssl) == 1, let session = SSL_get_session(ssl) {
            var data: UnsafeMutableRawPointer?
            var length = 0
            if SSL_SESSION_get0_ticket_appdata(session, &data, &length) == 1, let data, length > 0 {
                return [UInt8](UnsafeRawBufferPointer(start: data, count: length))
            }
        }
        return certificates.certificate(in: SSL_get_SSL_CTX(ssl))?.endPointBinding
    }

    // MARK: From any thread

    func withSSL<Result: Sendable>(_ body: (OpaquePointer) -> Result) -> Result {
        lock.withLock { _ in body(ssl) }
    }
}
