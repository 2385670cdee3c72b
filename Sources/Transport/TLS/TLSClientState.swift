import COpenSSL
import Glibc

/// What a client's files held at one moment.
final class TLSClientState: @unchecked Sendable {
    private static let groups = "X25519:P-256:P-384:P-521"
    /// TLS 1.2: forward secrecy first, and what old servers have, rather than clear text.
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AES"

    /// Used by many threads; OpenSSL counts and locks it. Not changed after `init`.
    let context: OpaquePointer
    let sessions = TLSSessionCache()
    private let files: [PEMFile]
    /// Authorities in a folder: OpenSSL reads them when it needs them, and keeps what it has read.
    private let hasFolder: Bool

    init(_ configuration: TLSClientConfiguration) throws(TLSConfigurationError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw TLSConfigurationError(file: "", problem: OpenSSLError.takeReason())
        }
        do {
            try Self.prepare(context, configuration)
            let authorities = try Self.trust(configuration.authorities, in: context)
            var files = [authorities.file].compactMap(\.self)
            if let pair = configuration.certificate {
                let (chain, key) = (try PEMFile(pair.chain), try PEMFile(pair.key))
                try LoadedCertificate(chain: chain, key: key).use(in: context)
                files += [chain, key]
            }
            self.context = context
            self.files = files
            hasFolder = authorities.isFolder
        } catch {
            SSL_CTX_free(context)
            throw error
        }
    }

    deinit {
        SSL_CTX_free(context)
    }

    /// What is in a folder may have changed.
    func isOther(than state: TLSClientState) -> Bool { hasFolder || files != state.files }

    private static func prepare(
        _ context: OpaquePointer, _ configuration: TLSClientConfiguration
    ) throws(TLSConfigurationError) {
        martlet_ssl_ctx_set_client_defaults(context)
        var isGood = martlet_ssl_ctx_set_min_version(context, configuration.minimumVersion.number) == 1
        isGood = isGood && SSL_CTX_set_cipher_list(context, ciphers) == 1
        isGood = isGood && martlet_ssl_ctx_set_groups(context, groups) == 1
        isGood = isGood && SSL_CTX_dane_enable(context) == 1
        guard isGood else {
            throw TLSConfigurationError(file: "", problem: OpenSSLError.takeReason())
        }
        TLSClientCallbacks.install(in: context)
    }

    private static func trust(
        _ authorities: String?, in context: OpaquePointer
    ) throws(TLSConfigurationError) -> (file: PEMFile?, isFolder: Bool) {
        let path = authorities ?? TLSClientConfiguration.systemAuthorities
        var status = stat()
        guard stat(path, &status) == 0 else {
            // Without any, nobody is trusted.
            guard let authorities else { return (nil, false) }
            throw TLSConfigurationError(file: authorities, problem: String(cString: strerror(errno)))
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let file = isFolder ? nil : try PEMFile(path)
        let result =
            isFolder ? SSL_CTX_load_verify_dir(context, path) : SSL_CTX_load_verify_file(context, path)
        guard result == 1 else {
            throw TLSConfigurationError(file: path, problem: OpenSSLError.takeReason())
        }
        return (file, isFolder)
    }
}
