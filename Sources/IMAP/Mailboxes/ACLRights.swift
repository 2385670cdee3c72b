/// Rights of an access control list (RFC 4314 section 2.1).
package struct ACLRights: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// l: the mailbox is visible to LIST, LSUB, SUBSCRIBE.
    package static let lookup = ACLRights(rawValue: 1)
    /// r: SELECT, FETCH, SEARCH, COPY from.
    package static let read = ACLRights(rawValue: 1 << 1)
    /// s: \Seen is kept.
    package static let seen = ACLRights(rawValue: 1 << 2)
    /// w: flags and keywords but \Seen and \Deleted.
    package static let write = ACLRights(rawValue: 1 << 3)
    /// i: APPEND, COPY into.
    package static let insert = ACLRights(rawValue: 1 << 4)
    /// p: mail to the mailbox's own submission address.
    package static let post = ACLRights(rawValue: 1 << 5)
    /// k: CREATE below it, RENAME to below it.
    package static let createMailbox = ACLRights(rawValue: 1 << 6)
    /// x: DELETE it, RENAME it.
    package static let deleteMailbox = ACLRights(rawValue: 1 << 7)
    /// t: \Deleted.
    package static let deleteMessages = ACLRights(rawValue: 1 << 8)
    /// e: EXPUNGE, and that of CLOSE.
    package static let expunge = ACLRights(rawValue: 1 << 9)
    /// a: SETACL, DELETEACL, GETACL, LISTRIGHTS.
    package static let administer = ACLRights(rawValue: 1 << 10)

    package static let all = ACLRights(rawValue: (1 << 11) - 1)
}
