/// Which object classes and attributes of a directory mean what. Pure data, so that a schema
/// nobody thought of needs a few lines of configuration and no code.
///
/// Names match without regard to case. An attribute that the directory's schema lacks does no
/// harm: a search for it finds nothing (RFC 4511 section 4.5.1.7, Undefined).
///
/// Aliases work in both directions at once: an alias on its target is one more value of an
/// attribute in `addresses`; an alias that names its targets is an entry with an address and
/// `forwarding` or `group.memberAddresses`.
package struct AttributeMap: Hashable, Sendable {
    package var name: String
    /// The attribute that never changes and is never used again, in the form of a UUID.
    package var uniqueID = "entryUUID"
    /// Attributes that hold addresses of users, groups and aliases; the first one's first value is
    /// the primary address. Each needs an equality index. A value `@domain` catches all the mail
    /// to unknown addresses of the domain.
    package var addresses: [String]
    /// Searched as well when an address has characters outside ASCII.
    package var internationalAddresses: [String] = []
    package var user: UserMap
    package var group: GroupMap
    package var domain: DomainMap
}

/// Users, and aliases (entries with an address and forwarding that are neither user nor group).
package struct UserMap: Hashable, Sendable {
    /// An entry of any of these classes is a user, unless it is a group.
    package var classes: [String]
    /// Login names beside the addresses; their values must be unique.
    package var logins: [String]
    /// The first one present is shown.
    package var displayName: [String] = ["displayName", "cn"]
    /// The strictest counts.
    package var status: [StatusMap] = []
    package var quota: String?
    package var messageQuota: String?
    package var quotaUnit: QuotaUnit = .bytes
    /// Values are the names in `Service`; present with no such value allows none.
    package var services: String?
    package var forwarding: [String]
    /// Whether `forwarding` counts.
    package var forwards: SwitchMap = SwitchMap(otherwise: true)
    /// Whether mail that is forwarded is kept as well. Forwarding to an address of one's own always
    /// keeps it.
    package var keepCopy: SwitchMap = SwitchMap()
    /// The host that has the mailbox.
    package var homeServer: String?
    /// The address under which that host knows the user. In an entry without such a host it only
    /// counts when it is in `forwarding`.
    package var routingAddress: String?
    /// Values as in RFC 5803.
    package var scramSecrets: String?
    /// Names of entries as which the user may act.
    package var actsAs: String?
}

/// Something that an attribute turns on.
package struct SwitchMap: Hashable, Sendable {
    package var attribute: String?
    /// Any of these, in lower case, means yes.
    package var values: [String] = []
    /// When the attribute is absent.
    package var otherwise = false
}

package struct GroupMap: Hashable, Sendable {
    /// An entry of any of these classes is a group, whatever else it is.
    package var classes: [String]
    /// Names of entries.
    package var members: [String]
    /// Addresses, here or elsewhere.
    package var memberAddresses: [String]
    /// LDAP URLs (RFC 4516) of dynamic groups.
    package var memberURLs: [String]
    package var status: [StatusMap] = []
    /// TRUE when members may send with the group's address.
    package var membersMaySend: String?
}

package struct DomainMap: Hashable, Sendable {
    /// For telling an empty directory from a populated one; a domain is found by `name` alone.
    package var classes: [String]
    /// With several values, the one in the entry's own name is the domain and the others are its
    /// aliases; when none is there, the first in alphabetical order.
    package var name: String
    /// Attributes with further names, all of them aliases.
    package var otherNames: [String] = []
    package var status: [StatusMap] = []
    package var aliasOf: String?
    package var catchAll: String?
    package var postmaster: String?
    package var quota: String?
    package var messageQuota: String?
    package var quotaUnit: QuotaUnit = .bytes
    /// Values as `HostList` describes them.
    package var routingHosts: String?
    package var memberHosts: String?
    package var smartHosts: String?
    /// Values are the names in `Retrieval.Way`; present when the host is not always online.
    package var retrieval: String?
    /// Addresses or networks (`192.0.2.0/24`).
    package var retrievalNetworks: String?
    /// Names of entries: users, or groups of them.
    package var retrievers: String?
    /// As `30d`.
    package var holdTime: String?
    package var dkimKeys: String?
    package var tlsPolicy: String?
    package var maximumRecipients: String?
    package var maximumMessageSize: String?
    package var queueWeight: String?
}
