/// The part of the Sun messaging server's schema that its preset reads, for slapd: names and rules as
/// there, under OpenLDAP's arc for experiments (`mailAlternateAddress` has the OID of `mailLocalAddress`
/// in the original, which slapd's misc.schema has).
package enum SunSchema {
    /// - Returns: lines for slapd.conf.
    package static func install(in files: TemporaryDirectory) throws -> String {
        try TextFile.write(text, to: files.path + "/sun.schema")
        return "include \(files.path)/sun.schema"
    }

    private static let userStrings = [
        "mailEquivalentAddress", "mailUserStatus", "inetUserStatus", "mailForwardingAddress", "mailDeliveryOption",
        "mailQuota", "mailMsgQuota",
    ]
    private static let groupStrings = ["inetMailGroupStatus", "mgrpRFC822MailMember", "mgrpDeliverTo"]
    private static let domainStrings = [
        "sunPreferredDomain", "mailDomainStatus", "inetDomainStatus", "mailDomainCatchallAddress", "mailRoutingSmartHost",
    ]

    private static var text: String {
        let strings = ["mailAlternateAddress"] + userStrings + groupStrings + domainStrings
        let types = strings.enumerated().map { number, name in
            """
            attributetype ( 1.3.6.1.4.1.4203.666.77.1.\(number) NAME '\(name)'
              EQUALITY caseIgnoreIA5Match SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )
            """
        }
        func objectClass(_ number: Int, _ name: String, _ may: [String]) -> String {
            """
            objectclass ( 1.3.6.1.4.1.4203.666.77.2.\(number) NAME '\(name)' SUP top AUXILIARY
              MAY ( \(may.joined(separator: " $ ")) ) )
            """
        }
        let common = ["mail", "mailHost", "mailRoutingAddress", "mailAlternateAddress"]
        return (types + [
            objectClass(1, "inetMailUser", common + userStrings),
            objectClass(2, "inetMailGroup", common + groupStrings),
            objectClass(3, "sunManagedOrganization", ["associatedDomain"] + domainStrings),
        ]).joined(separator: "\n\n") + "\n"
    }
}
