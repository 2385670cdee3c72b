/// How far below its base a search looks (RFC 4511 section 4.5.1.2).
package enum SearchScope: Hashable, Sendable {
    /// The base entry alone.
    case base
    /// Its children, without itself.
    case one
    /// Itself and everything below.
    case subtree
}

/// One search. Hashable, so that identical concurrent searches can be made once.
package struct SearchRequest: Hashable, Sendable {
    /// A distinguished name in RFC 4514 form; see `DistinguishedName.escape` for values in it.
    package var base: String
    package var scope: SearchScope
    package var filter: LDAPFilter
    /// Attributes wanted; name operational ones (`entryUUID`) too. Empty: none, only the names of
    /// the entries.
    package var attributes: [String]
    /// More entries than this are `unavailable` (truncated), never a part of the answer.
    package var sizeLimit: Int

    package init(
        base: String, scope: SearchScope = .subtree, filter: LDAPFilter, attributes: [String],
        sizeLimit: Int = 1000
    ) {
        self.base = base
        self.scope = scope
        self.filter = filter
        self.attributes = attributes
        self.sizeLimit = sizeLimit
    }

    /// The one entry with this name, if it exists.
    package init(entry dn: String, filter: LDAPFilter = .anyEntry, attributes: [String]) {
        self.init(base: dn, scope: .base, filter: filter, attributes: attributes, sizeLimit: 1)
    }
}
