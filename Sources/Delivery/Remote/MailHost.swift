internal import DNS
internal import MailModel

/// A host that takes the mail of a plan, with its addresses.
struct MailHost: Hashable, Sendable {
    /// Its name, for SNI, certificates and people; an address when the administrator gave one.
    var name: String
    var port: UInt16
    /// What is spoken with it.
    var flavour = NextHop.Flavour.smtp
    /// In the order in which they are tried.
    var addresses: [String]
    /// DNSSEC vouches for the way from the domain to the name, and from the name to the addresses.
    var isNameSecure: Bool
    var areAddressesSecure: Bool
    /// Its own name, when the other is an alias.
    var canonicalName: String

    /// As the DNS gave it.
    var found: HostAddresses {
        .found(addresses, isSecure: areAddressesSecure, canonicalName: canonicalName)
    }
}

/// One address of a host: what is connected to, and what may have failed.
package struct HostAddress: Hashable, Sendable, CustomStringConvertible {
    package var address: String
    package var port: UInt16

    package init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    package var description: String {
        address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
