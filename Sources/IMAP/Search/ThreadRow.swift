/// What threading needs to know of one message.
package struct ThreadRow: Sendable {
    /// What the reply names it by: a sequence number or a UID.
    package var number: UInt32
    /// Without brackets; empty when it has none.
    package var messageID: [UInt8]
    /// Ancestors, the oldest first: References, or else In-Reply-To's first (RFC 5256 section 3).
    package var references: [[UInt8]]
    /// Base subject, casemapped.
    package var subject: [UInt8]
    /// The subject was that of a reply or of a forwarded message.
    package var isReply: Bool
    /// Milliseconds since 1970; the internal date when there is no other.
    package var sentDate: Int64
    package var internalDate: Int64

    package init(
        number: UInt32, messageID: [UInt8], references: [[UInt8]], subject: [UInt8], isReply: Bool,
        sentDate: Int64, internalDate: Int64
    ) {
        self.number = number
        self.messageID = messageID
        self.references = references
        self.subject = subject
        self.isReply = isReply
        self.sentDate = sentDate
        self.internalDate = internalDate
    }
}
