internal import InternetMessage
package import MailModel

/// A search that can be evaluated: strings decoded from the command's charset, dates as moments,
/// NOT, OR and AND flattened.
package indirect enum SearchQuery: Sendable, Equatable {
    case all
    case none
    case test(SearchTest)
    case and([SearchQuery])
    case or([SearchQuery])
    case not(SearchQuery)

    package enum Problem: Error, Sendable, Equatable { case badCharset }

    /// Told in [BADCHARSET]; every charset that the system's iconv knows is understood.
    package static let namedCharsets = ["US-ASCII", "UTF-8", "ISO-8859-1"]

    /// - Parameter now: what OLDER and YOUNGER are reckoned from.
    /// - Parameter recent: the UIDs that are \Recent in the session.
    package init(
        _ key: SearchKey, charset: String?, now: Timestamp, recent: UIDSet = UIDSet()
    ) throws(Problem) {
        let compiler = SearchCompiler(charset: charset ?? "UTF-8", now: now, recent: recent)
        guard compiler.decode([]) != nil else { throw .badCharset }
        self = try compiler.compile(key, isFuzzy: false)
    }

    /// RFC 7162 section 3.1.5: the reply then tells a mod-sequence.
    package var usesModSequences: Bool {
        contains { if case .modSequence = $0 { true } else { false } }
    }

    /// Whether sequence numbers stand in it (RFC 9586 section 3: BAD while only UIDs are used).
    package var usesSequenceNumbers: Bool {
        contains { if case .sequence(let set) = $0 { !set.isSavedResult } else { false } }
    }

    /// Every text that is looked for approximately.
    package var fuzzyTests: [TextTest] {
        var tests: [TextTest] = []
        _ = contains {
            if case .text(let test) = $0, test.isFuzzy { tests.append(test) }
            return false
        }
        return tests
    }

    package func contains(_ predicate: (SearchTest) -> Bool) -> Bool {
        switch self {
        case .all, .none: false
        case .test(let test): predicate(test)
        case .and(let parts), .or(let parts): parts.contains { $0.contains(predicate) }
        case .not(let part): part.contains(predicate)
        }
    }

    var cost: Int {
        switch self {
        case .all, .none: 0
        case .test(let test): test.cost
        case .and(let parts), .or(let parts): parts.reduce(0) { max($0, $1.cost) }
        case .not(let part): part.cost
        }
    }
}

private struct SearchCompiler {
    private static let day: Int64 = 86_400_000

    let charset: String
    let now: Timestamp
    let recent: UIDSet

    func decode(_ bytes: [UInt8]) -> String? {
        Charset.decode(bytes, named: charset.lowercased())
    }

    func compile(_ key: SearchKey, isFuzzy: Bool) throws(SearchQuery.Problem) -> SearchQuery {
        switch key {
        case .all, .saveDateSupported: return .all
        case .recent: return recent.isEmpty ? .none : .test(.uid(SequenceSet(recent)))
        case .and(let keys):
            var parts: [SearchQuery] = []
            for key in keys { parts.append(try compile(key, isFuzzy: isFuzzy)) }
            return .and(parts)
        case .or(let first, let second):
            return .or([
                try compile(first, isFuzzy: isFuzzy), try compile(second, isFuzzy: isFuzzy),
            ])
        case .not(let key): return .not(try compile(key, isFuzzy: isFuzzy))
        case .fuzzy(let key): return try compile(key, isFuzzy: true)
        case .from(let text): return try self.text(.from, text, isFuzzy)
        case .to(let text): return try self.text(.to, text, isFuzzy)
        case .cc(let text): return try self.text(.cc, text, isFuzzy)
        case .bcc(let text): return try self.text(.bcc, text, isFuzzy)
        case .subject(let text): return try self.text(.subject, text, isFuzzy)
        case .body(let text): return try self.text(.body, text, isFuzzy)
        case .text(let text): return try self.text(.text, text, isFuzzy)
        case .header(let name, let text):
            return try self.text(.header(name.lowercased()), text, isFuzzy)
        default: return .test(test(key))
        }
    }

    private func text(_ field: TextTest.Field, _ bytes: [UInt8], _ isFuzzy: Bool)
        throws(SearchQuery.Problem) -> SearchQuery
    {
        guard let needle = decode(bytes) else { throw .badCharset }
        if needle.isEmpty {
            // RFC 9051 section 6.4.4: every message with such a field.
            switch field {
            case .body, .text: return .all
            case .from: return exists("from")
            case .to: return exists("to")
            case .cc: return exists("cc")
            case .bcc: return exists("bcc")
            case .subject: return exists("subject")
            case .header(let name): return exists(name)
            }
        }
        return .test(.text(TextTest(field: field, needle: needle, isFuzzy: isFuzzy)))
    }

    private func exists(_ name: String) -> SearchQuery {
        .test(.text(TextTest(field: .header(name), needle: "")))
    }

    /// The keys without strings.
    private func test(_ key: SearchKey) -> SearchTest {
        let day = Self.day
        switch key {
        case .messages(let set): return .sequence(set)
        case .uid(let set): return .uid(set)
        case .flag(let flags): return .flags(flags)
        case .keyword(let name): return .keyword(name.lowercased())
        case .before(let date): return .internalDate(Int64.min..<Int64(date) * day)
        case .on(let date): return .internalDate(Int64(date) * day..<(Int64(date) + 1) * day)
        case .since(let date): return .internalDate(Int64(date) * day..<Int64.max)
        case .savedBefore(let date): return .savedDate(Int64.min..<Int64(date) * day)
        case .savedOn(let date): return .savedDate(Int64(date) * day..<(Int64(date) + 1) * day)
        case .savedSince(let date): return .savedDate(Int64(date) * day..<Int64.max)
        case .sentBefore(let date): return .sentDay(Int.min..<date)
        case .sentOn(let date): return .sentDay(date..<date + 1)
        case .sentSince(let date): return .sentDay(date..<Int.max)
        case .older(let seconds):
            return .internalDate(Int64.min..<now.milliseconds - Int64(seconds) * 1000 + 1)
        case .younger(let seconds):
            return .internalDate(now.milliseconds - Int64(seconds) * 1000..<Int64.max)
        case .larger(let size): return .size(min(size, .max - 1) + 1..<UInt64.max)
        case .smaller(let size): return .size(0..<size)
        case .modSequence(let value): return .modSequence(value)
        case .emailID(let id): return .emailID(id)
        case .threadID(let id): return .threadID(id)
        default: preconditionFailure("keys with strings or keys in them are compiled apart")
        }
    }
}
