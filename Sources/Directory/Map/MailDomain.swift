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
    /// Take the mail to addresses that the directory does not have.
    package var routingHosts = HostList()
    /// Each holds a part of the accounts of a distributed domain; where this is not empty, the
    /// `routingHosts` don't count.
    package var memberHosts = HostList()
    /// Mail from senders of this domain goes through them.
    package var smartHosts = HostList()
    /// Nil when the domain's host is always online, or there is none.
    package var retrieval: Retrieval?
    /// Names of keys in the configuration that sign the mail of this domain.
    package var dkimKeys: [String] = []
    /// How mail to the hosts of this domain is protected, one of `tlsPolicies`; any other value,
    /// in lower case, is a mistake, and no reason to protect it less.
    package var tlsPolicy: String?
    /// Recipients of one message that a user of this domain sends; nil without limit.
    package var maximumRecipients: Int?
    /// Octets of a message that a user of this domain sends; nil without limit.
    package var maximumMessageSize: Int64?
    /// Turns in the queue beside other domains, 1 to 100.
    package var queueWeight: Int?

    package static let tlsPolicies: Set<String> = ["may", "encrypt", "verify", "dane", "mta-sts"]
    package static let queueWeights = 1...100

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

    /// An alias has what its domain has, unless it says otherwise, and is not more active. Where
    /// mail to unknown addresses goes is one thing: an alias with a host of its own for it does
    /// not have its domain's catch-all.
    mutating func inherit(from target: MailDomain) {
        status = status.stricter(target.status)
        if catchAll == nil, routingHosts.isEmpty, memberHosts.isEmpty {
            catchAll = target.catchAll
            routingHosts = target.routingHosts
            memberHosts = target.memberHosts
        }
        postmaster = postmaster ?? target.postmaster
        defaultQuota = target.defaultQuota
        if smartHosts.isEmpty { smartHosts = target.smartHosts }
        retrieval = retrieval ?? target.retrieval
        if dkimKeys.isEmpty { dkimKeys = target.dkimKeys }
        tlsPolicy = tlsPolicy ?? target.tlsPolicy
        maximumRecipients = maximumRecipients ?? target.maximumRecipients
        maximumMessageSize = maximumMessageSize ?? target.maximumMessageSize
        queueWeight = queueWeight ?? target.queueWeight
    }

    /// Without the hosts that are this one, so that mail never goes from here to here (RFC 5321
    /// section 5.1 says the same of MX records). All hosts of an installation may so share an
    /// entry.
    func leavingOut(_ localHosts: Set<String>) -> MailDomain {
        var domain = self
        domain.routingHosts = routingHosts.leavingOut(localHosts)
        domain.memberHosts = memberHosts.leavingOut(localHosts)
        domain.smartHosts = smartHosts.leavingOut(localHosts)
        return domain
    }

    /// The name that users' addresses have.
    package var canonicalName: String { aliasOf ?? name }
}
