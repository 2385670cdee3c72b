package import MailModel

/// A virtual domain as the directory describes it.
package struct MailDomain: Hashable, Sendable {
    /// The name that was asked for, in lower case. Only ASCII is folded: an internationalised
    /// name matches in the form (A-label or U-label) that the directory has.
    package let name: String
    package let dn: String
    package var status: EntryStatus
    /// The domain that has this one's users, when this one is an alias.
    package var aliasOf: String?
    /// Who gets mail to unknown addresses.
    package var catchAll: EmailAddress?
    package var postmaster: EmailAddress?
    /// For users who have no quota of their own.
    package var defaultQuota: Quota

    package init(
        name: String, dn: String, status: EntryStatus = .active, aliasOf: String? = nil,
        catchAll: EmailAddress? = nil, postmaster: EmailAddress? = nil,
        defaultQuota: Quota = .unlimited
    ) {
        self.name = name
        self.dn = dn
        self.status = status
        self.aliasOf = aliasOf
        self.catchAll = catchAll
        self.postmaster = postmaster
        self.defaultQuota = defaultQuota
    }

    /// An alias has what its domain has, unless it says otherwise, and is not more active.
    mutating func inherit(from target: MailDomain) {
        status = status.stricter(target.status)
        catchAll = catchAll ?? target.catchAll
        postmaster = postmaster ?? target.postmaster
        defaultQuota = target.defaultQuota
    }

    /// The name that users' addresses have.
    package var canonicalName: String { aliasOf ?? name }
}
