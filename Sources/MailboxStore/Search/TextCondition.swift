/// A text that messages are searched for.
package struct TextCondition: Sendable, Hashable {
    package enum Field: Sendable, Hashable {
        case from, to, cc, bcc, subject, body
        /// Header section and body.
        case text
        /// The name in the form of i;unicode-casemap.
        case header([UInt8])
    }

    package var field: Field
    /// In the form of i;unicode-casemap; UTF-8. Empty only for `header`: the field exists.
    package var needle: [UInt8]
    /// RFC 6203: similar words do as well.
    package var isFuzzy: Bool

    package init(field: Field, needle: [UInt8], isFuzzy: Bool = false) {
        self.field = field
        self.needle = needle
        self.isFuzzy = isFuzzy
    }

    /// Whether the condition can be true of a delivery header.
    var concernsDeliveryHeader: Bool {
        switch field {
        case .header, .text: !isFuzzy
        default: false
        }
    }
}

/// What the index knows about a condition.
package struct TextMatches: Sendable {
    /// Rows that match, ascending.
    package var matched: [Int] = []
    /// Rows that the index can't answer for: their messages have to be read.
    package var unread: [Int] = []
    /// RFC 6203: how well a row matches, larger is better; for approximate conditions.
    package var scores: [Int: Double] = [:]
}
