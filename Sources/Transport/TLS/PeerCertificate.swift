/// What a server's certificate says of itself, verified or not; for the log.
package struct PeerCertificate: Sendable, Hashable {
    /// Distinguished names as RFC 4514 strings.
    package let subject: String
    package let issuer: String
}
