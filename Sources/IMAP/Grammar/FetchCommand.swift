package import MailModel

package struct FetchCommand: Sendable, Equatable {
    package var messages: SequenceSet
    package var isUID: Bool
    package var items: [FetchItem]
    /// RFC 7162 section 3.1.4.1.
    package var changedSince: UInt64?
    /// RFC 7162 section 3.2.6.
    package var vanished: Bool
    /// RFC 9394: the part of the resulting messages that is wanted.
    package var partial: PartialRange?

    package init(
        messages: SequenceSet, isUID: Bool, items: [FetchItem], changedSince: UInt64? = nil,
        vanished: Bool = false, partial: PartialRange? = nil
    ) {
        self.messages = messages
        self.isUID = isUID
        self.items = items
        self.changedSince = changedSince
        self.vanished = vanished
        self.partial = partial
    }
}

/// Macros (ALL, FAST, FULL) are expanded by the grammar.
package enum FetchItem: Sendable, Equatable {
    case uid, flags, internalDate, size, envelope
    /// BODY without brackets: BODYSTRUCTURE without extension data.
    case body, bodyStructure
    /// RFC 7162, RFC 8474, RFC 8514.
    case modSequence, emailID, threadID, saveDate
    /// RFC 8970; LAZY: only if it is at hand.
    case preview(lazy: Bool)
    case section(BodySection)
    /// RFC 3516, decoded. Empty: the whole message's text is not meant, it is an error.
    case binary(part: [Int], peek: Bool, partial: BodyPartial?)
    case binarySize(part: [Int])
    /// RFC822, RFC822.HEADER, RFC822.TEXT: the old names, answered under them.
    case rfc822, rfc822Header, rfc822Text
}

/// BODY[section]<partial>.
package struct BodySection: Sendable, Equatable {
    package enum Text: Sendable, Equatable {
        /// Nothing behind the part: all of it.
        case all
        case header, text, mime
        /// Names as sent.
        case headerFields([String]), headerFieldsNot([String])
    }

    package var part: [Int]
    package var text: Text
    package var peek: Bool
    package var partial: BodyPartial?

    package init(part: [Int], text: Text, peek: Bool, partial: BodyPartial? = nil) {
        self.part = part
        self.text = text
        self.peek = peek
        self.partial = partial
    }
}

/// Octets `offset ..< offset + count`.
package struct BodyPartial: Sendable, Equatable {
    package var offset: UInt64
    package var count: UInt64

    package init(offset: UInt64, count: UInt64) {
        self.offset = offset
        self.count = count
    }
}

/// RFC 9394: from 1, or from -1 when counted from the end; `first` need not be the smaller one.
package struct PartialRange: Sendable, Equatable {
    package var first: Int64
    package var last: Int64

    package init(first: Int64, last: Int64) {
        self.first = first
        self.last = last
    }
}

package struct StoreCommand: Sendable, Equatable {
    package enum Operation: Sendable, Equatable { case replace, add, remove }

    package var messages: SequenceSet
    package var isUID: Bool
    package var operation: Operation
    package var isSilent: Bool
    package var flags: FlagList
    package var unchangedSince: UInt64?

    package init(
        messages: SequenceSet, isUID: Bool, operation: Operation, isSilent: Bool, flags: FlagList,
        unchangedSince: UInt64? = nil
    ) {
        self.messages = messages
        self.isUID = isUID
        self.operation = operation
        self.isSilent = isSilent
        self.flags = flags
        self.unchangedSince = unchangedSince
    }
}

/// System flags and keywords. `\Recent` and unknown system flags are errors of the grammar.
package struct FlagList: Sendable, Equatable {
    package var system: MessageFlags
    /// As sent; keywords are compared without regard to ASCII case.
    package var keywords: [String]

    package init(system: MessageFlags = [], keywords: [String] = []) {
        self.system = system
        self.keywords = keywords
    }
}
