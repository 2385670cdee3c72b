package import MailModel

/// Attributes of a name in a LIST reply (RFC 9051 section 7.3.1) that follow from the hierarchy.
package struct MailboxAttributes: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let nonexistent = MailboxAttributes(rawValue: 1)
    package static let hasChildren = MailboxAttributes(rawValue: 2)
    package static let hasNoChildren = MailboxAttributes(rawValue: 4)
    package static let subscribed = MailboxAttributes(rawValue: 8)

    /// - Parameter isExtended: the client knows that \NonExistent implies \NoSelect (RFC 5258
    ///   section 4); others know only the latter.
    package func names(isExtended: Bool) -> [String] {
        var names: [String] = []
        if contains(.nonexistent) {
            names += isExtended ? ["\\NonExistent"] : ["\\NonExistent", "\\NoSelect"]
        }
        if contains(.hasChildren) { names.append("\\HasChildren") }
        if contains(.hasNoChildren) { names.append("\\HasNoChildren") }
        if contains(.subscribed) { names.append("\\Subscribed") }
        return names
    }
}

/// One name of a LIST reply.
package struct ListedMailbox: Sendable, Equatable {
    package var name: String
    package var attributes: MailboxAttributes
    /// Empty unless they are to be shown.
    package var specialUses: [SpecialUse] = []
    /// CHILDINFO (RFC 5258 section 3.5): the selection criteria that names below meet.
    package var childCriteria: [String] = []
    /// Which of the lister's mailboxes it is; nil where there is only a name.
    package var index: Int?
}
