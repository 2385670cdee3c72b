extension AttributeMap {
    /// `sun`: the schema 2 of iPlanet, Sun Java System and Oracle Communications messaging servers.
    ///
    /// Not read: who may post to a group (`mgrpAllowedBroadcaster` and friends), replies while away,
    /// delivery to programs and files, `mailAllowedServiceAccess`, quotas of whole domains.
    package static let sun: AttributeMap = {
        let words: [String: EntryStatus] = [
            "active": .active, "inactive": .inactive, "disabled": .disabled, "hold": .hold,
            "deleted": .disabled, "removed": .disabled,
            // Mail waits for room, and the user may log in to make it.
            "overquota": .hold,
        ]
        func status(_ attribute: String) -> StatusMap { StatusMap(attribute: attribute, values: words) }
        var map = AttributeMap.stock
        map.name = "sun"
        map.addresses = ["mail", "mailAlternateAddress", "mailEquivalentAddress"]
        map.user.classes = ["inetMailUser"]
        map.user.status = [
            status("mailUserStatus"), status("inetUserStatus"),
            StatusMap(
                attribute: "mailDeliveryOption",
                values: [
                    "mailbox": .active, "native": .active, "unix": .active, "forward": .active,
                    // Into the mailbox, so that nothing is lost.
                    "autoreply": .active, "program": .active, "file": .active, "hold": .hold,
                ]),
        ]
        map.user.quota = "mailQuota"
        map.user.messageQuota = "mailMsgQuota"
        map.user.forwarding = ["mailForwardingAddress"]
        map.user.forwards = SwitchMap(attribute: "mailDeliveryOption", values: ["forward"])
        map.user.keepCopy = SwitchMap(
            attribute: "mailDeliveryOption",
            values: ["mailbox", "native", "unix", "autoreply", "program", "file"])
        map.group.classes.insert("inetMailGroup", at: 0)
        map.group.memberAddresses = ["mgrpRFC822MailMember", "rfc822MailMember"]
        map.group.memberURLs = ["mgrpDeliverTo", "memberURL"]
        map.group.status = [status("inetMailGroupStatus")]
        map.domain.classes = ["sunManagedOrganization"]
        map.domain.name = "sunPreferredDomain"
        map.domain.otherNames = ["associatedDomain"]
        map.domain.status = [status("mailDomainStatus"), status("inetDomainStatus")]
        map.domain.catchAll = "mailDomainCatchallAddress"
        // Takes the mail to users whom the directory does not have.
        map.domain.routingHosts = "mailRoutingSmartHost"
        return map
    }()
}
