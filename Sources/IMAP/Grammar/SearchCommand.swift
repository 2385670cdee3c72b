package import MailModel

/// SEARCH and UID SEARCH with RFC 4731, RFC 5182, RFC 5267, RFC 9394.
package struct SearchCommand: Sendable, Equatable {
    package var isUID: Bool
    /// Nil: no RETURN; an empty list: RETURN (), which means ALL.
    package var returns: [SearchReturn]?
    /// As sent, upper case; nil: US-ASCII or UTF-8 by default.
    package var charset: String?
    package var key: SearchKey

    package init(isUID: Bool, returns: [SearchReturn]?, charset: String? = nil, key: SearchKey) {
        self.isUID = isUID
        self.returns = returns
        self.charset = charset
        self.key = key
    }
}

package enum SearchReturn: Sendable, Equatable {
    case min, max, all, count, save, context, relevancy
    case partial(PartialRange)
    /// With the items that are told of new messages in the result (RFC 5465 section 7).
    case update([FetchItem])

    package var isUpdate: Bool { if case .update = self { true } else { false } }
}

/// Strings are octets in the command's charset.
package indirect enum SearchKey: Sendable, Equatable {
    case all
    case and([SearchKey])
    case or(SearchKey, SearchKey)
    case not(SearchKey)
    /// Sequence numbers.
    case messages(SequenceSet)
    case uid(SequenceSet)
    case flag(MessageFlags)
    case keyword(String)
    /// RFC 3501: what is \Recent in the session.
    case recent
    /// Day numbers since 1970-01-01: INTERNALDATE before, on, since; a date without time and zone.
    case before(Int), on(Int), since(Int)
    case sentBefore(Int), sentOn(Int), sentSince(Int)
    /// RFC 8514.
    case savedBefore(Int), savedOn(Int), savedSince(Int), saveDateSupported
    /// RFC 5032: seconds.
    case older(UInt32), younger(UInt32)
    case larger(UInt64), smaller(UInt64)
    case from([UInt8]), to([UInt8]), cc([UInt8]), bcc([UInt8]), subject([UInt8])
    case header(name: String, [UInt8])
    case body([UInt8]), text([UInt8])
    /// RFC 7162 section 3.1.5.
    case modSequence(UInt64)
    /// RFC 8474.
    case emailID(String), threadID(String)
    /// RFC 6203: the key, matched approximately.
    case fuzzy(SearchKey)
}

/// RFC 5256, RFC 5957.
package struct SortCommand: Sendable, Equatable {
    package enum Key: Sendable, Equatable {
        case arrival, cc, date, from, size, subject, to, displayFrom, displayTo, relevancy
    }

    package struct Criterion: Sendable, Equatable {
        package var key: Key
        package var isReverse: Bool

        package init(key: Key, isReverse: Bool) {
            self.key = key
            self.isReverse = isReverse
        }
    }

    package var criteria: [Criterion]
    package var search: SearchCommand

    package init(criteria: [Criterion], search: SearchCommand) {
        self.criteria = criteria
        self.search = search
    }
}

package struct ThreadCommand: Sendable, Equatable {
    package enum Algorithm: Sendable, Equatable { case orderedSubject, references, refs }

    package var algorithm: Algorithm
    package var search: SearchCommand

    package init(algorithm: Algorithm, search: SearchCommand) {
        self.algorithm = algorithm
        self.search = search
    }
}
