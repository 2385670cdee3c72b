/// LIST with everything that RFC 5258, RFC 5819, RFC 6154, RFC 8440 and RFC 9590 add to it.
package struct ListCommand: Sendable, Equatable {
    /// Before the reference.
    package enum Selection: Sendable, Equatable { case subscribed, remote, recursiveMatch, specialUse }

    package enum Return: Sendable, Equatable {
        case subscribed, children, specialUse, myRights
        case status([StatusItem])
        /// RFC 9590: entry names.
        case metadata([String])
    }

    package var selections: [Selection]
    package var reference: String
    package var patterns: [String]
    package var returns: [Return]
    /// Parentheses or RETURN were used: the answer may carry what only the extended form has.
    package var isExtended: Bool

    package init(
        selections: [Selection] = [], reference: String, patterns: [String],
        returns: [Return] = [], isExtended: Bool = false
    ) {
        self.selections = selections
        self.reference = reference
        self.patterns = patterns
        self.returns = returns
        self.isExtended = isExtended
    }
}

/// RFC 5464 section 4.2.
package struct GetMetadataCommand: Sendable, Equatable {
    package enum Depth: Sendable, Equatable { case zero, one, infinity }

    package var mailbox: String
    package var entries: [String]
    package var maximumSize: UInt64?
    package var depth: Depth

    package init(
        mailbox: String, entries: [String], maximumSize: UInt64? = nil, depth: Depth = .zero
    ) {
        self.mailbox = mailbox
        self.entries = entries
        self.maximumSize = maximumSize
        self.depth = depth
    }
}

/// RFC 5464 section 4.3; nil removes the entry.
package struct MetadataEntry: Sendable, Equatable {
    package var name: String
    package var value: [UInt8]?

    package init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}

/// RFC 5465 section 6: which mailboxes.
package enum MailboxFilter: Sendable, Equatable {
    case selected, selectedDelayed
    case inboxes, personal, subscribed
    case subtree([String]), subtreeOne([String]), mailboxes([String])
}

/// RFC 5465.
package struct NotifyCommand: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        /// With the FETCH items for messages that are new in the selected mailbox.
        case messageNew([FetchItem])
        case messageExpunge, flagChange, annotationChange, mailboxName, subscriptionChange
        case mailboxMetadataChange, serverMetadataChange
    }

    package struct Group: Sendable, Equatable {
        package var filter: MailboxFilter
        /// Empty: NONE.
        package var events: [Event]

        package init(filter: MailboxFilter, events: [Event]) {
            self.filter = filter
            self.events = events
        }
    }

    /// Empty: NOTIFY NONE.
    package var groups: [Group]
    /// Send the STATUS of every watched mailbox first.
    package var wantsStatus: Bool

    package init(groups: [Group], wantsStatus: Bool = false) {
        self.groups = groups
        self.wantsStatus = wantsStatus
    }
}
