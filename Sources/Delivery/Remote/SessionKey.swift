internal import MailModel

/// What sessions may be used for each other's messages.
struct SessionKey: Hashable, Sendable {
    var way: RoutePlan.Way
    var tls: TLSLevel
    var wish: TLSWish
}

/// What a message itself says of TLS (RFC 8689).
enum TLSWish: Hashable, Sendable {
    case none
    /// REQUIRETLS: verified, or not at all.
    case required
    /// `TLS-Required: No`: what its recipients' domains publish does not count.
    case waived
}

extension Envelope {
    var tlsWish: TLSWish { requiresTLS ? .required : waivesTLSPolicies ? .waived : .none }
}
