/// The system flags of a message in a mailbox (RFC 9051 section 2.3.2).
package struct MessageFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// OptionSet's own, which other modules get unspecialized, takes a thousand instructions.
    package init(arrayLiteral flags: MessageFlags...) {
        rawValue = flags.reduce(0) { $0 | $1.rawValue }
    }
    package static let seen = MessageFlags(rawValue: 1)
    package static let answered = MessageFlags(rawValue: 2)
    package static let flagged = MessageFlags(rawValue: 4)
    package static let deleted = MessageFlags(rawValue: 8)
    package static let draft = MessageFlags(rawValue: 16)
    /// One session's own (RFC 3501 section 2.3.2; RFC 9051 has given it up): never stored.
    package static let recent = MessageFlags(rawValue: 32)
}
