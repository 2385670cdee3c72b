import COpenSSL

/// What all SSL_CTX of one server have in common.
struct ContextSettings: Sendable {
    private static let ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// TLS 1.3. AES-128 first: its SHA-256 key schedule makes a handshake cheaper than SHA-384's.
    private static let suites =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    private static let groups = "X25519:P-256:P-384"
    private static let sessionLifetime = 7200

    let minimumVersion: TLSVersion
    /// Name, HMAC key and AES key of session tickets. The same after a reload.
    let ticketKeys: [UInt8]
    let clientAuthorities: PEMFile?

    func makeContext() throws(TLSConfigurationError) -> OpaquePointer {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_server_method()) else {
            throw TLSConfigurationError(file: "", problem: OpenSSLError.takeReason())
        }
        do {
            try configure(context)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        return context
    }

    private func configure(_ context: OpaquePointer) throws(TLSConfigurationError) {
        martlet_ssl_ctx_set_server_defaults(context)
        var keys = ticketKeys
        var isGood = martlet_ssl_ctx_set_min_version(context, minimumVersion.number) == 1
        isGood = isGood && SSL_CTX_set_cipher_list(context, Self.ciphers) == 1
        isGood = isGood && SSL_CTX_set_ciphersuites(context, Self.suites) == 1
        isGood = isGood && martlet_ssl_ctx_set_groups(context, Self.groups) == 1
        isGood = isGood && martlet_ssl_ctx_set_ticket_keys(context, &keys, keys.count) == 1
        // A mail client opens one or two connections; OpenSSL's two tickets each are for browsers.
        isGood = isGood && SSL_CTX_set_num_tickets(context, 1) == 1
        SSL_CTX_set_timeout(context, Self.sessionLifetime)
        martlet_ssl_ctx_set_no_session_cache(context)
        // A session is worth something only where the same client CAs were asked for.
        let identifier = clientAuthorities?.digest() ?? SHA256Digest.of([])
        isGood = isGood
            && SSL_CTX_set_session_id_context(context, identifier, UInt32(identifier.count)) == 1
        guard isGood else {
            throw TLSConfigurationError(file: "", problem: OpenSSLError.takeReason())
        }
        TLSCallbacks.install(in: context)
        if let clientAuthorities {
            try accept(clientAuthorities, in: context)
        }
    }

    /// SSL_VERIFY_PEER without FAIL_IF_NO_PEER_CERT: a certificate is optional, a bad one is not.
    private func accept(
        _ authorities: PEMFile, in context: OpaquePointer
    ) throws(TLSConfigurationError) {
        let certificates = try authorities.certificates()
        defer { certificates.forEach(X509_free) }
        let store = SSL_CTX_get_cert_store(context)
        for certificate in certificates {
            guard X509_STORE_add_cert(store, certificate) == 1,
                SSL_CTX_add_client_CA(context, certificate) == 1
            else { throw authorities.error(OpenSSLError.takeReason()) }
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    }
}
