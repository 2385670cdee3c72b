/// RFC 8474: the identifier of a mailbox, which survives renames and is never used again.
package func mailboxObjectID(_ mailbox: Int64) -> String { "M\(mailbox)" }
