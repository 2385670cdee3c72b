/// The policy that a session was held against, as reports tell it (RFC 8460 section 4.4).
package struct TLSReportPolicy: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable {
        case tlsa
        case sts
        case none = "no-policy-found"
    }

    /// Of strings, and of octets in each: TLSA records come from anywhere.
    private static let stringLimit = 105
    private static let octetLimit = 300

    package let kind: Kind
    /// The lines of the MTA-STS policy, or the TLSA records as text.
    package let strings: [String]
    /// Of the recipients, or for DANE the MX host's (RFC 8460 section 4.4, `policy-domain`).
    package let domain: String
    /// MTA-STS: its `mx` patterns.
    package let hosts: [String]

    package static func sts(_ policy: MTASTSPolicy, domain: String) -> TLSReportPolicy {
        TLSReportPolicy(.sts, policy.lines, domain, hosts: policy.patterns)
    }

    /// - Parameter records: as in a zone file, `3 1 1 1F85…`.
    package static func tlsa(_ records: [String], domain: String) -> TLSReportPolicy {
        TLSReportPolicy(.tlsa, records, domain, hosts: [])
    }

    package static func none(domain: String) -> TLSReportPolicy {
        TLSReportPolicy(.none, [], domain, hosts: [])
    }

    private init(_ kind: Kind, _ strings: [String], _ domain: String, hosts: [String]) {
        self.kind = kind
        self.strings = strings.prefix(Self.stringLimit).map { String($0.prefix(Self.octetLimit)) }
        self.domain = domain.lowercased()
        self.hosts = hosts
    }
}
