import COpenSSL
import Glibc

/// A client's TLS: authorities, certificate, and the sessions that may be resumed. Shared by all
/// connections that go out with the same configuration. The files are read once.
package final class TLSClientContext: @unchecked Sendable {
    private static let groups = "X25519:P-256:P-384:P-521"
    /// TLS 1.2: forward secrecy first, and what old servers have, rather than clear text.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AES"

    /// Used by many threads; OpenSSL counts and locks it. Not changed after `init`.
    let context: OpaquePointer
    let sessions = TLSSessionCache()

    package init(configuration: TLSClientConfiguration) throws(TLSConfigurationError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw TLSConfigurationError(file: "", problem: OpenSSLError.takeReason())
        }
        self.context = context
        martlet_ssl_ctx_set_client_defaults(context)
        var isGood = martlet_ssl_ctx_set_min_version(context, configuration.minimumVersion.number) == 1
        isGood = isGood && SSL_CTX_set_cipher_list(context, Self.ciphers) == 1
        isGood = isGood && martlet_ssl_ctx_set_groups(context, Self.groups) == 1
        isGood = isGood && SSL_CTX_dane_enable(context) == 1
        guard isGood else {
            throw TLSConfigurationError(file: "", problem: OpenSSLError.takeReason())
        }
        TLSClientCallbacks.install(in: context)
        try Self.trust(configuration.authorities, in: context)
        if let files = configuration.certificate {
            try LoadedCertificate(chain: PEMFile(files.chain), key: PEMFile(files.key)).use(in: context)
        }
    }

    deinit {
        SSL_CTX_free(context)
    }

    private static func trust(
        _ authorities: String?, in context: OpaquePointer
    ) throws(TLSConfigurationError) {
        let path = authorities ?? TLSClientConfiguration.systemAuthorities
        var status = stat()
        guard stat(path, &status) == 0 else {
            // Without any, nobody is trusted.
            guard let authorities else { return }
            throw TLSConfigurationError(file: authorities, problem: String(cString: strerror(errno)))
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let result =
            isFolder ? SSL_CTX_load_verify_dir(context, path) : SSL_CTX_load_verify_file(context, path)
        guard result == 1 else {
            throw TLSConfigurationError(file: path, problem: OpenSSLError.takeReason())
        }
    }

    /// The records that can prove anything: usages 2 and 3 (RFC 7672 section 3.1.3) that OpenSSL
    /// understands. When none is left of a signed answer that had some, the connection is to be
    /// encrypted and nothing proves who the server is (RFC 7672 section 2.2).
    package func usableRecords(_ records: [TLSARecordData]) -> [TLSARecordData] {
        guard let ssl = SSL_new(context), SSL_dane_enable(ssl, nil) == 1 else {
            ERR_clear_error()
            return []
        }
        defer { SSL_free(ssl) }
        return records.filter { DANERecords.add($0, to: ssl) }
    }
}
