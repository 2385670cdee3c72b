/// A change to the directory (RFC 4511 sections 4.6 to 4.9), as a caller or an LDIF record states
/// it.
package enum DirectoryChange: Hashable, Sendable {
    case add(dn: String, attributes: [DirectoryAttribute])
    /// - Parameter permissive: adding a value that is there and deleting one that is not change nothing
    ///   instead of being refused (Microsoft's LDAP_SERVER_PERMISSIVE_MODIFY_OID, which slapd has).
    case modify(dn: String, modifications: [Modification], permissive: Bool = false)
    case delete(dn: String)
    /// A new relative name, and a new parent if one is named.
    case rename(dn: String, newRDN: String, deletesOldRDN: Bool, newSuperior: String?)

    /// One step of a modify; the server makes all of them or none.
    package struct Modification: Hashable, Sendable {
        package enum Kind: Hashable, Sendable { case add, delete, replace, increment }

        package let kind: Kind
        /// No values: delete all of the attribute's.
        package let attribute: DirectoryAttribute

        package init(_ kind: Kind, _ attribute: DirectoryAttribute) {
            self.kind = kind
            self.attribute = attribute
        }
    }

    package var dn: String {
        switch self {
        case .add(let dn, _), .modify(let dn, _, _), .delete(let dn), .rename(let dn, _, _, _): dn
        }
    }

    /// The same change, but what of it is there already is passed over.
    package var permissive: DirectoryChange {
        guard case .modify(let dn, let modifications, _) = self else { return self }
        return .modify(dn: dn, modifications: modifications, permissive: true)
    }

    /// The names would be cut short at a NUL on their way through C.
    var containsNUL: Bool {
        let names: [String] =
            switch self {
            case .add(let dn, let attributes): [dn] + attributes.map(\.name)
            case .modify(let dn, let modifications, _): [dn] + modifications.map(\.attribute.name)
            case .delete(let dn): [dn]
            case .rename(let dn, let newRDN, _, let newSuperior): [dn, newRDN, newSuperior ?? ""]
            }
        return names.contains { $0.utf8.contains(0) }
    }
}
