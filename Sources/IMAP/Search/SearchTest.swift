package import MailModel

/// One condition of a search, in the terms of what is kept about messages.
package enum SearchTest: Sendable, Equatable {
    case sequence(SequenceSet)
    case uid(SequenceSet)
    /// All of these.
    case flags(MessageFlags)
    /// In lower case, as keywords are compared without regard to ASCII case.
    case keyword(String)
    /// This one or above.
    case modSequence(UInt64)
    /// Milliseconds since 1970.
    case internalDate(Range<Int64>)
    case savedDate(Range<Int64>)
    case size(Range<UInt64>)
    /// The day that the Date field names, whatever its zone; days since 1970-01-01.
    case sentDay(Range<Int>)
    case emailID(String)
    case threadID(String)
    case text(TextTest)

    /// What it takes to find out: what sessions have in memory, what is kept of each message, what
    /// is computed from messages, the text index.
    var cost: Int {
        switch self {
        case .sequence, .uid: 0
        case .flags, .keyword, .modSequence: 1
        case .internalDate, .savedDate, .size, .emailID: 2
        case .sentDay, .threadID: 3
        case .text(let test): test.isFuzzy ? 6 : test.field.isHeader ? 4 : 5
        }
    }
}

/// A substring that is looked for.
package struct TextTest: Sendable, Hashable {
    package enum Field: Sendable, Hashable {
        case from, to, cc, bcc, subject, body
        /// Header section and body.
        case text
        /// Any field; its name in lower case.
        case header(String)

        var isHeader: Bool {
            switch self {
            case .body, .text: false
            default: true
            }
        }
    }

    package var field: Field
    /// UTF-8, not casemapped. Empty: the field exists.
    package var needle: String
    /// RFC 6203.
    package var isFuzzy: Bool

    package init(field: Field, needle: String, isFuzzy: Bool = false) {
        self.field = field
        self.needle = needle
        self.isFuzzy = isFuzzy
    }
}
