/// What DNSSEC says of an answer (RFC 4035 section 4.3). "Indeterminate" is insecure here: no trust
/// anchor covers the name.
package enum DNSSecurity: Hashable, Sendable {
    /// Proven by signatures from a trust anchor down, with every alias on the way.
    case secure
    /// Proven to be unsigned, or nothing is known of signatures.
    case insecure
    /// Signatures should be there and are missing or wrong: a temporary failure for mail, never
    /// "not found".
    case bogus
}
