/// What a server must prove before a byte of ours goes out under TLS. Names are ASCII (A-labels).
package enum PeerVerification: Sendable, Hashable {
    /// Nothing: opportunistic TLS keeps out those who only listen (RFC 7435).
    case none
    /// A chain to one of our authorities, and a DNS name in subjectAltName that is one of these. A
    /// wildcard stands for one whole label (RFC 6125 section 6.4.3); the common name does not count
    /// (RFC 8461 section 4.1).
    case names([String])
    /// A match of one of these records (RFC 7672 section 3.1). The first name is the TLSA base domain;
    /// the names bind DANE-TA(2) only, while of DANE-EE(3) neither names nor dates count. At least
    /// one record must be among the `usableRecords`.
    case dane(records: [TLSARecordData], names: [String])
}
