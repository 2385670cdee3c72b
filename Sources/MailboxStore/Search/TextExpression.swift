/// What is asked of the trigram index (SQLite FTS5 sections 3 and 4.3.3).
struct TextExpression: Equatable {
    /// The index knows nothing of shorter texts.
    static let minimumLength = 3
    /// Characters of a needle that the index is asked about; whether the rest follows is looked up
    /// in the message.
    private static let maximumLength = 100
    /// Words of an approximate search that count.
    private static let maximumWords = 20

    /// FTS5's query.
    var query: String
    /// Every message that the query finds matches; otherwise they are to be looked at.
    var isExact: Bool

    /// Nil when the index can't help.
    init?(_ condition: TextCondition) {
        if condition.isFuzzy {
            guard let words = Self.similar(condition.needle) else { return nil }
            query = Self.columns(condition.field) + " : (" + words + ")"
            isExact = true
            return
        }
        let needle = String(decoding: condition.needle, as: UTF8.self).unicodeScalars
        switch condition.field {
        case .header(let name):
            // The header text has "\nNAME: value" for each field.
            let field = "\n" + String(decoding: name, as: UTF8.self) + ":"
            let hasField = "headers : " + Self.quoted(field)
            isExact = needle.isEmpty
            query = hasField
            if needle.count >= Self.minimumLength {
                query = "headers : " + Self.quoted(Self.head(needle)) + " AND " + hasField
            }
        default:
            guard needle.count >= Self.minimumLength else { return nil }
            isExact = needle.count <= Self.maximumLength
            query = Self.columns(condition.field) + " : " + Self.quoted(Self.head(needle))
        }
    }

    private static func head(_ needle: String.UnicodeScalarView) -> String {
        String(String.UnicodeScalarView(needle.prefix(maximumLength)))
    }

    private static func columns(_ field: TextCondition.Field) -> String {
        switch field {
        case .from: "sender"
        case .to: "receiver"
        case .cc: "copy"
        case .bcc: "blind"
        case .subject: "subject"
        case .header: "headers"
        case .body: "body"
        case .text: "{headers body}"
        }
    }

    /// A string is whatever stands between quotes; a quote in it is doubled.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { result.unicodeScalars.append(scalar) }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    /// All words, each in about this form: its stem, or, for one of six letters and more, what a
    /// slip of the pen leaves whole of it.
    private static func similar(_ text: [UInt8]) -> String? {
        let words = String(decoding: text, as: UTF8.self).split {
            !($0.isLetter || $0.isNumber)
        }.filter { $0.unicodeScalars.count >= minimumLength }.prefix(maximumWords)
        guard !words.isEmpty else { return nil }
        return words.map { word in
            let letters = Array(stem(String(word)).unicodeScalars.prefix(30))
            func part(_ range: Range<Int>) -> String {
                quoted(String(String.UnicodeScalarView(letters[range])))
            }
            let count = letters.count
            guard count >= 6 else { return part(0..<count) }
            let third = max(3, count / 3)
            let kept = max(4, count * 2 / 3)
            return "(" + part(0..<kept) + " OR " + part(count - kept..<count) + " OR NEAR("
                + part(0..<third) + " " + part(count - third..<count) + ", \(count)))"
        }.joined(separator: " AND ")
    }

    /// Without the commonest endings of European plurals and verb forms.
    private static func stem(_ word: String) -> String {
        let letters = word.unicodeScalars
        for ending in ["ings", "ing", "ies", "ed", "es", "en", "s", "e"] {
            let mapped = ending.uppercased()
            if word.hasSuffix(mapped), letters.count - mapped.unicodeScalars.count >= 4 {
                return String(word.dropLast(mapped.count))
            }
        }
        return word
    }
}
