import COpenSSL

/// A certificate, its issuers and its key, read from PEM files for an SSL_CTX.
final class LoadedCertificate {
    let leaf: OpaquePointer
    private let certificates: [OpaquePointer]
    private let privateKey: OpaquePointer
    private let chain: PEMFile

    init(chain: PEMFile, key: PEMFile) throws(TLSConfigurationError) {
        self.chain = chain
        certificates = try chain.certificates()
        leaf = certificates[0]
        do {
            privateKey = try key.privateKey()
        } catch {
            certificates.forEach(X509_free)
            throw error
        }
        guard X509_check_private_key(leaf, privateKey) == 1 else {
            ERR_clear_error()
            throw key.error("does not belong to the certificate in \(chain.path)")
        }
    }

    deinit {
        certificates.forEach(X509_free)
        EVP_PKEY_free(privateKey)
    }

    func use(in context: OpaquePointer) throws(TLSConfigurationError) {
        var isGood = SSL_CTX_use_certificate(context, leaf) == 1
        isGood = isGood && SSL_CTX_use_PrivateKey(context, privateKey) == 1
        for issuer in certificates.dropFirst() where isGood {
            isGood = martlet_ssl_ctx_add_chain_certificate(context, issuer) == 1
        }
        guard isGood else {
            // A key too short for the security level, say.
            throw chain.error(OpenSSLError.takeReason())
        }
    }
}
