/// The TLSA records of a service (RFC 6698), for DANE (RFC 7672).
package enum TLSALookup: Hashable, Sendable {
    /// Only records that are secure may be used. Empty when there are records but none that can be
    /// read: present and unusable, which still demands TLS (RFC 7672 section 2.2).
    case records([TLSARecord], isSecure: Bool)
    case none(isSecure: Bool)
    /// For DANE: the host must not be used now (RFC 7672 section 2.1.2).
    case failure(DNSFault)
}

/// RFC 6698 section 2.1. The fields are what was received, of any value.
package struct TLSARecord: Hashable, Sendable {
    package let usage: UInt8
    package let selector: UInt8
    package let matching: UInt8
    package let data: [UInt8]

    package init(usage: UInt8, selector: UInt8, matching: UInt8, data: [UInt8]) {
        self.usage = usage
        self.selector = selector
        self.matching = matching
        self.data = data
    }
}
