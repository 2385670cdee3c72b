import COpenSSL
import Glibc

/// One certificate with its chain and key, in an SSL_CTX of its own, which this object owns.
final class ServerCertificate: @unchecked Sendable {
    /// Used by many threads; OpenSSL counts and locks it. Not changed after `init`.
    let context: OpaquePointer
    /// Lower-case DNS names from subjectAltName, or the common name when there is none.
    let names: [String]
    /// RFC 5929 section 4.1; nil when the signature algorithm names no one hash (EdDSA).
    let endPointBinding: [UInt8]?
    /// Set when the certificate is not valid at the time of loading.
    let warning: String?

    init(chain: PEMFile, key: PEMFile, settings: ContextSettings) throws(TLSConfigurationError) {
        let certificates = try chain.certificates()
        defer { certificates.forEach(X509_free) }
        let privateKey = try key.privateKey()
        defer { EVP_PKEY_free(privateKey) }
        let leaf = certificates[0]
        guard X509_check_private_key(leaf, privateKey) == 1 else {
            ERR_clear_error()
            throw key.error("does not belong to the certificate in \(chain.path)")
        }
        context = try settings.makeContext()
        names = CertificateReader.dnsNames(leaf)
        endPointBinding = CertificateReader.endPointBinding(leaf)
        warning = CertificateReader.validityProblem(leaf).map { "\(chain.path): \($0)" }

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

    deinit {
        SSL_CTX_free(context)
    }
}
