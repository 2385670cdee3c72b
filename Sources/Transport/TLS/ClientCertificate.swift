/// A verified client certificate.
package struct ClientCertificate: Sendable, Hashable {
    package let der: [UInt8]
    /// The subject's distinguished name as an RFC 4514 string.
    package let subject: String
    /// The rfc822Names of subjectAltName.
    package let emails: [String]
}
