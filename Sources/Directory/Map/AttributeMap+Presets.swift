extension AttributeMap {
    /// All presets, by name.
    package static let presets: [AttributeMap] = [.stock, .martlet, .sun]

    package static func preset(named name: String) -> AttributeMap? {
        presets.first { $0.name == name }
    }

    /// `default`: stock schemas alone (core, cosine, inetorgperson, misc, dyngroup), and the two
    /// attributes that several mail schemas share, `mailAlternateAddress` and
    /// `mailForwardingAddress`.
    package static let stock = AttributeMap(
        name: "default",
        addresses: ["mail", "mailLocalAddress", "mailAlternateAddress"],
        user: UserMap(
            classes: ["inetOrgPerson"],
            logins: ["uid"],
            forwarding: ["mailRoutingAddress", "mailForwardingAddress"],
            homeServer: "mailHost",
            routingAddress: "mailRoutingAddress",
            scramSecrets: "authPassword"),
        group: GroupMap(
            classes: ["groupOfNames", "groupOfUniqueNames", "groupOfURLs", "nisMailAlias"],
            members: ["member", "uniqueMember"],
            memberAddresses: ["rfc822MailMember", "mgrpRFC822MailMember"],
            memberURLs: ["memberURL"]),
        domain: DomainMap(classes: ["domainRelatedObject"], name: "associatedDomain"))

    /// `martlet`: the same with schema/martlet.
    package static let martlet: AttributeMap = {
        let status = StatusMap(
            attribute: "martletStatus",
            values: [
                "active": .active, "inactive": .inactive, "disabled": .disabled, "hold": .hold,
            ])
        var map = AttributeMap.stock
        map.name = "martlet"
        map.addresses = ["mail", "mailLocalAddress"]
        map.internationalAddresses = ["martletAddress"]
        map.user.status = [status]
        map.user.quota = "martletQuota"
        map.user.messageQuota = "martletMessageQuota"
        map.user.services = "martletService"
        map.user.forwarding = ["mailRoutingAddress", "martletForwardingAddress"]
        map.user.keepCopy = SwitchMap(attribute: "martletKeepCopy", values: ["true"])
        map.user.actsAs = "martletMayActAs"
        map.group.classes.append("martletGroup")
        map.group.memberAddresses = ["rfc822MailMember"]
        map.group.status = [status]
        map.group.membersMaySend = "martletMembersMaySend"
        map.domain.status = [status]
        map.domain.aliasOf = "martletAliasOf"
        map.domain.catchAll = "martletCatchAll"
        map.domain.postmaster = "martletPostmaster"
        map.domain.quota = "martletDefaultQuota"
        map.domain.messageQuota = "martletDefaultMessageQuota"
        map.domain.routingHosts = "martletRoutingHost"
        map.domain.memberHosts = "martletMemberHost"
        map.domain.smartHosts = "martletSmartHost"
        map.domain.retrieval = "martletRetrieval"
        map.domain.retrievalNetworks = "martletRetrievalNetwork"
        map.domain.retrievers = "martletRetriever"
        map.domain.holdTime = "martletHoldTime"
        map.domain.dkimKeys = "martletDKIMKey"
        map.domain.tlsPolicy = "martletTLSPolicy"
        map.domain.maximumRecipients = "martletMaximumRecipients"
        map.domain.maximumMessageSize = "martletMaximumMessageSize"
        map.domain.queueWeight = "martletQueueWeight"
        return map
    }()
}
