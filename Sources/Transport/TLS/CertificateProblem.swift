import COpenSSL

/// Why a server's certificate is not what was demanded.
package struct CertificateProblem: Sendable, Hashable {
    /// As RFC 8460 section 4.3 tells them apart.
    package enum Kind: Sendable, Hashable {
        /// It is for other names.
        case hostMismatch
        /// Its dates, or those of an issuer, do not include today.
        case expired
        /// No chain leads to one of our authorities.
        case notTrusted
        /// It matches none of the TLSA records.
        case noMatchingRecord
    }

    /// OpenSSL's reason, with the certificate's subject and issuer; for the log. First, so that the
    /// errors of all connections stay small.
    package let text: String
    package let kind: Kind

    /// - Parameter code: X509_V_ERR_…
    init(_ code: Int32, _ certificate: OpaquePointer?) {
        kind =
            switch code {
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .hostMismatch
            case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: .expired
            case X509_V_ERR_DANE_NO_MATCH: .noMatchingRecord
            default: .notTrusted
            }
        let reason = String(cString: X509_verify_cert_error_string(Int(code)))
        if let certificate {
            let (subject, issuer) = (
                CertificateReader.subject(certificate), CertificateReader.issuer(certificate)
            )
            text = "\(reason) (subject \(subject), issuer \(issuer))"
        } else {
            text = reason
        }
    }
}
