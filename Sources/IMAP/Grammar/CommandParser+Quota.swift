/// RFC 9208 and RFC 4314.
extension CommandParser {
    // setquota        = "SETQUOTA" SP quota-root-name SP setquota-list
    // setquota-list   = "(" [setquota-resource *(SP setquota-resource)] ")"
    // setquota-resource = resource-name SP resource-limit
    mutating func setQuota() throws(ParseFailure) -> IMAPCommand {
        let root = try astringText("a quota root")
        try space()
        let limits = try list("a list of resources and limits", allowsEmpty: true) {
            parser throws(ParseFailure) in
            let resource = try parser.upperCaseAtom("the name of a resource, like STORAGE")
            try parser.space()
            return QuotaLimit(resource: resource, limit: try parser.number64("a limit"))
        }
        return .setQuota(root: root, limits: limits)
    }

    // setacl     = "SETACL" SP mailbox SP identifier SP mod-rights
    // mod-rights = astring                         ; +rights to add, -rights to remove, rights to replace
    mutating func setACL() throws(ParseFailure) -> IMAPCommand {
        let (name, identifier) = try mailboxAndIdentifier()
        try space()
        return .setACL(
            mailbox: name, identifier: identifier, rights: try astringText("a set of rights"))
    }

    // deleteacl = "DELETEACL" SP mailbox SP identifier
    mutating func deleteACL() throws(ParseFailure) -> IMAPCommand {
        let (name, identifier) = try mailboxAndIdentifier()
        return .deleteACL(mailbox: name, identifier: identifier)
    }

    // listrights = "LISTRIGHTS" SP mailbox SP identifier
    mutating func listRights() throws(ParseFailure) -> IMAPCommand {
        let (name, identifier) = try mailboxAndIdentifier()
        return .listRights(mailbox: name, identifier: identifier)
    }

    // identifier = astring
    private mutating func mailboxAndIdentifier() throws(ParseFailure) -> (String, String) {
        let name = try mailbox()
        try space()
        return (name, try astringText("an identifier"))
    }
}
