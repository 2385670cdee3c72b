internal import MailModel
internal import Yams

/// One mapping of the configuration file. Each reader marks its key as known; `finish` reports the
/// others, with the name that was probably meant.
final class ConfigurationSection {
    let document: ConfigurationDocument
    let path: String
    private let mapping: Node.Mapping
    private let mark: Mark?
    /// The file has something else in the section's place, which is told: what is missing in it need
    /// not be.
    let isBroken: Bool
    private var known: Set<String> = []

    init(document: ConfigurationDocument, path: String, mapping: Node.Mapping, mark: Mark?) {
        self.document = document
        self.path = path
        self.mapping = mapping
        self.mark = mark
        isBroken = false
    }

    /// An empty section, where the file has none.
    init(document: ConfigurationDocument, path: String, isBroken: Bool = false) {
        self.document = document
        self.path = path
        mapping = Node.Mapping([])
        mark = nil
        self.isBroken = isBroken
    }

    // MARK: Access

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func has(_ key: String) -> Bool { mapping[Node(key)] != nil }

    /// The key has no value.
    func isEmpty(_ key: String) -> Bool { node(key) == nil }

    var keys: [String] { mapping.keys.compactMap { $0.scalar?.string } }

    private func node(_ key: String) -> Node? {
        known.insert(key)
        guard let node = mapping[Node(key)], node.tag != Tag(.null), node != Node("") else {
            return nil
        }
        return node
    }

    func problem(_ key: String, value: String? = nil, _ expected: String) {
        guard !isBroken else { return }
        document.report(
            mapping[Node(key)]?.mark ?? mark, key: name(key), value: value, expected)
    }

    // MARK: Kinds of values

    func section(_ key: String) -> ConfigurationSection {
        guard let node = node(key) else {
            return ConfigurationSection(document: document, path: name(key))
        }
        guard let mapping = node.mapping else {
            problem(key, value: node.scalar?.string, "expected a mapping of keys below it")
            return ConfigurationSection(document: document, path: name(key), isBroken: true)
        }
        return ConfigurationSection(
            document: document, path: name(key), mapping: mapping, mark: node.mark)
    }

    /// A list of mappings; one mapping alone counts as a list of one.
    func sections(_ key: String) -> [ConfigurationSection] {
        guard let node = node(key) else { return [] }
        let nodes = node.sequence.map(Array.init) ?? [node]
        return nodes.enumerated().compactMap { index, node in
            guard let mapping = node.mapping else {
                document.report(
                    node.mark, key: "\(name(key))[\(index)]", value: node.scalar?.string,
                    "expected a mapping of keys")
                return nil
            }
            return ConfigurationSection(
                document: document, path: "\(name(key))[\(index)]", mapping: mapping,
                mark: node.mark)
        }
    }

    func string(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        guard let scalar = node.scalar else {
            problem(key, "expected one value, not a list or a mapping")
            return nil
        }
        return scalar.string
    }

    func requiredString(_ key: String, _ expected: String) -> String {
        guard let text = string(key) else {
            problem(key, "is missing; expected \(expected)")
            return ""
        }
        return text
    }

    /// A list of values; one value alone counts as a list of one.
    func strings(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        if let scalar = node.scalar { return [scalar.string] }
        guard let sequence = node.sequence else {
            problem(key, "expected a list of values")
            return nil
        }
        return sequence.compactMap { element in
            if element.scalar == nil { problem(key, "expected a list of plain values") }
            return element.scalar?.string
        }
    }

    func bool(_ key: String) -> Bool? {
        guard let text = string(key) else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            problem(key, value: text, "expected true or false")
            return nil
        }
    }

    /// Whether the key says `off` in the place of a mapping.
    func isOff(_ key: String) -> Bool {
        guard let text = node(key)?.scalar?.string else { return false }
        return ["off", "false", "no"].contains(text.lowercased())
    }

    func integer(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = string(key) else { return nil }
        guard let value = Int(text.replacing("_", with: "")), range.contains(value) else {
            problem(
                key, value: text,
                "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// `30s`, `5m`, `2h`, `5d`, `250ms`.
    func duration(_ key: String, _ range: ClosedRange<Duration>) -> Duration? {
        guard let text = string(key) else { return nil }
        guard let value = Duration(text: text), range.contains(value) else {
            problem(
                key, value: text,
                "expected a time from \(range.lowerBound.text) to \(range.upperBound.text),"
                    + " such as 250ms, 30s, 5m, 2h or 5d")
            return nil
        }
        return value
    }

    /// `1048576`, `512K`, `50M`, `2G` (powers of 1,024).
    func size(_ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = string(key) else { return nil }
        guard let value = Self.size(text), range.contains(value) else {
            problem(
                key, value: text,
                "expected a size from \(Self.text(size: range.lowerBound)) to "
                    + "\(Self.text(size: range.upperBound)),"
                    + " such as 1048576, 512K, 50M or 2G")
            return nil
        }
        return value
    }

    func choice<Value>(_ key: String, _ choices: KeyValuePairs<String, Value>) -> Value? {
        guard let text = string(key) else { return nil }
        if let match = choices.first(where: { $0.key == text }) { return match.value }
        problem(
            key, value: text, "expected one of " + choices.map(\.key).joined(separator: ", "))
        return nil
    }

    /// A path; a relative one counts from the configuration file's folder.
    func path(_ key: String) -> String? {
        string(key).map { absolute($0) }
    }

    func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let slash = document.file.lastIndex(of: "/") else { return path }
        return String(document.file[...slash]) + path
    }

    /// The key's value, or the first line of the file that `KEY_file` names.
    func secret(_ key: String) -> String {
        if has(key), has("\(key)_file") {
            known.formUnion([key, "\(key)_file"])
            problem("\(key)_file", "is one too many beside \(key); remove either")
            return ""
        }
        guard let file = path("\(key)_file") else {
            return requiredString(key, "the \(key) (or \(key)_file)")
        }
        do {
            return try SecretFile.read(file)
        } catch {
            problem("\(key)_file", value: file, "can't be read: \(error)")
            return ""
        }
    }

    // MARK: The end

    /// Reports keys that nobody asked for.
    func finish() {
        for key in keys where !known.contains(key) {
            problem(
                key,
                "is not a key of this section; "
                    + (Self.guess(key, among: known)
                        ?? "it has: " + known.sorted().joined(separator: ", ")))
        }
    }

    /// What a misspelt key was probably meant to be; nil when none is like it.
    static func guess(_ key: String, among known: some Sequence<String>) -> String? {
        let close = known.map { (distance(key, $0), $0) }.min { $0 < $1 }
        return close.flatMap { $0.0 <= 2 ? "did you mean “\($0.1)”?" : nil }
    }

    /// As in the file: `64K`.
    static func text(size: Int) -> String {
        for (shift, unit) in [(30, "G"), (20, "M"), (10, "K")]
        where size > 0 && size.trailingZeroBitCount >= shift { return "\(size >> shift)\(unit)" }
        return "\(size)"
    }

    static func size(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number < 1 << 40 else { return nil }
        switch text.dropFirst(digits.count).uppercased() {
        case "", "B": return number
        case "K", "KB", "KIB": return number << 10
        case "M", "MB", "MIB": return number << 20
        case "G", "GB", "GIB": return number << 30
        default: return nil
        }
    }

    /// Edits between two keys, to guess a misspelt one.
    static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b.utf8)
        var row = Array(0...b.count)
        for (i, x) in a.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == b[j] ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
    }
}
