/// What a TLS client needs to know.
package struct TLSClientConfiguration: Sendable, Hashable {
    /// Debian's bundle of public authorities.
    package static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    package var minimumVersion: TLSVersion
    /// A PEM file, or a directory as c_rehash makes it. Nil: `systemAuthorities`, if that is there.
    package var authorities: String?
    /// What we show to servers that ask for a certificate.
    package var certificate: TLSConfiguration.CertificateFiles?

    package init(
        minimumVersion: TLSVersion = .v12, authorities: String? = nil,
        certificate: TLSConfiguration.CertificateFiles? = nil
    ) {
        self.minimumVersion = minimumVersion
        self.authorities = authorities
        self.certificate = certificate
    }
}
