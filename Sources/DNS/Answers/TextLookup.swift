/// TXT records, each with its strings joined (RFC 7208 section 3.3, RFC 8461 section 3.1). Octets
/// that are no UTF-8 become U+FFFD.
package enum TextLookup: Hashable, Sendable {
    case texts([String], isSecure: Bool)
    case none(isSecure: Bool)
    case failure(DNSFault)
}
