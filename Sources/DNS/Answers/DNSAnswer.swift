/// What the DNS knows of a name and a type, aliases (CNAME, DNAME) followed.
package enum DNSAnswer: Hashable, Sendable {
    /// Never empty: the records' data in wire format (RFC 1035 section 3.3), names in it not
    /// compressed. The canonical name is nil when the name that was asked for is no alias.
    case records([[UInt8]], isSecure: Bool, canonicalName: String?)
    /// The name exists, or has names below it, but no such records (NODATA).
    case noRecords(isSecure: Bool)
    /// NXDOMAIN, of the name or of what it is an alias of.
    case noSuchName(isSecure: Bool)
    case failure(DNSFault)

    package var security: DNSSecurity {
        switch self {
        case .records(_, let isSecure, _), .noRecords(let isSecure), .noSuchName(let isSecure):
            isSecure ? .secure : .insecure
        case .failure(let fault): fault.kind == .bogus ? .bogus : .insecure
        }
    }
}
