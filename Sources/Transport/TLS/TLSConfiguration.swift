/// What a TLS server needs to know. TLS 1.2 with ECDHE and AEAD ciphers, and TLS 1.3.
package struct TLSConfiguration: Sendable {
    /// PEM files. The chain begins with the server's certificate, then its issuers.
    package struct CertificateFiles: Sendable, Hashable {
        package var chain: String
        package var key: String

        package init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    package enum ClientCertificates: Sendable, Hashable {
        /// Not asked for.
        case none
        /// Asked for; a client without one is served, one that the CAs in the PEM file did not
        /// issue fails the handshake.
        case optional(caFile: String)
    }

    /// The first is the default; the others serve the names in their subjectAltName (RFC 6066
    /// server_name), wildcards included.
    package var certificates: [CertificateFiles]
    package var minimumVersion: TLSVersion
    package var clientCertificates: ClientCertificates

    package init(
        certificates: [CertificateFiles], minimumVersion: TLSVersion = .v12,
        clientCertificates: ClientCertificates = .none
    ) {
        self.certificates = certificates
        self.minimumVersion = minimumVersion
        self.clientCertificates = clientCertificates
    }
}
