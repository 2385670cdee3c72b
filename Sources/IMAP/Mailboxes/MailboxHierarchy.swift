/// Which names there are, for the attributes of one that is told by itself (RFC 5258 section 4, RFC 5465
/// section 5.4).
package struct MailboxHierarchy: Sendable {
    private let mailboxes: Set<String>
    private let superiors: Set<String>

    package init(_ mailboxes: some Sequence<String>) {
        self.mailboxes = Set(mailboxes)
        var superiors: Set<String> = []
        for name in self.mailboxes {
            for superior in MailboxName.superiors(of: name).reversed() {
                guard superiors.insert(superior).inserted else { break }
            }
        }
        self.superiors = superiors
    }

    package func attributes(of name: String) -> MailboxAttributes {
        var attributes: MailboxAttributes = superiors.contains(name) ? .hasChildren : .hasNoChildren
        if !mailboxes.contains(name) { attributes.insert(.nonexistent) }
        return attributes
    }
}
