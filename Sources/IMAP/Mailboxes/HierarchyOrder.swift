/// The order in which names are listed: INBOX and what is below it first, then by octets, each name
/// right before those below it.
package enum HierarchyOrder {
    package static func precedes(_ a: String, _ b: String) -> Bool {
        let inboxes = (isInbox(a), isInbox(b))
        if inboxes.0 != inboxes.1 { return inboxes.0 }
        return a.utf8.lexicographicallyPrecedes(b.utf8) { rank($0) < rank($1) }
    }

    private static func rank(_ octet: UInt8) -> UInt8 {
        octet == UInt8(ascii: "/") ? 0 : octet
    }

    private static func isInbox(_ name: String) -> Bool {
        name.utf8.prefix { $0 != UInt8(ascii: "/") }.elementsEqual(MailboxName.inbox.utf8)
    }
}
