/// The addresses of a host.
package enum HostAddresses: Hashable, Sendable {
    /// In text (`192.0.2.1`, `2001:db8::1`), IPv6 and IPv4 alternating, at most
    /// `DNSResolver.maximumAddresses`. The canonical name is the host's own, in A-labels, when it
    /// is no alias. Secure: the addresses and every alias on the way to them are.
    case found([String], isSecure: Bool, canonicalName: String)
    /// No such host, or no address of the families asked for.
    case none
    case failure(DNSFault)
}

package struct AddressFamilies: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let ipv4 = AddressFamilies(rawValue: 1)
    package static let ipv6 = AddressFamilies(rawValue: 2)
    package static let all: AddressFamilies = [.ipv4, .ipv6]
}
