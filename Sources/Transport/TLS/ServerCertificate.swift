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
        let certificate = try LoadedCertificate(chain: chain, key: key)
        let leaf = certificate.leaf
        context = try settings.makeContext()
        names = CertificateReader.dnsNames(leaf)
        endPointBinding = CertificateReader.endPointBinding(leaf)
        warning = CertificateReader.validityProblem(leaf).map { "\(chain.path): \($0)" }
        try certificate.use(in: context)
    }

    deinit {
        SSL_CTX_free(context)
    }
}
