internal import MailModel
internal import Storage

/// Flags as they stand in responses; the text of each set of keywords is made once.
struct FetchFlagTexts {
    /// Without parentheses; the index is the flags' raw value.
    private static let system: [[UInt8]] = (0..<64).map { flags in
        let names = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent"]
        let given = names.indices.filter { flags & 1 << $0 != 0 }.map { names[$0] }
        return Array(given.joined(separator: " ").utf8)
    }

    private let table: KeywordTable
    /// UIDs that are \Recent in the session.
    private let recent: UIDSet
    private var keywords: [UInt32: [UInt8]] = [:]
    private var longestKeywords = 0

    init(_ table: KeywordTable, recent: UIDSet) {
        self.table = table
        self.recent = recent
    }

    /// To be called for every set before `write`.
    mutating func prepare(_ set: UInt32) {
        guard set != 0, keywords[set] == nil else { return }
        let text = Array(table.keywords(of: set).joined(separator: " ").utf8)
        keywords[set] = text
        longestKeywords = max(longestKeywords, text.count)
    }

    func isPrepared(_ set: UInt32) -> Bool { set == 0 || keywords[set] != nil }

    /// Octets that `write` needs at most.
    var maximumLength: Int { 64 + longestKeywords }

    /// ```
    /// "(" [flag *(SP flag)] ")"
    /// ```
    func write(_ message: FlaggedMessage, _ octets: inout FetchOctets) {
        octets.write(UInt8(ascii: "("))
        var flags = message.flags
        if !recent.isEmpty, recent.contains(message.uid) { flags.system.insert(.recent) }
        let system = Self.system[Int(flags.system.rawValue & 63)]
        octets.write(system)
        if flags.keywords != 0, let keywords = keywords[flags.keywords], !keywords.isEmpty {
            if !system.isEmpty { octets.write(UInt8(ascii: " ")) }
            octets.write(keywords)
        }
        octets.write(UInt8(ascii: ")"))
    }
}
