internal import Yams

/// What is wrong with a file as YAML. The library's own descriptions quote the file, in which there may
/// be passwords.
extension ConfigurationDocument {
    func report(_ error: YamlError, in text: String) {
        switch error {
        case .duplicatedKeysInMapping(let keys, let context):
            let again = keys.first.flatMap { Self.line(again: $0, context.mark, in: text) }
            report(
                line: again ?? context.mark.line, key: keys.first ?? "a key",
                "stands twice" + (again == nil ? "" : " (first on line \(context.mark.line))")
                    + "; remove one of them")
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // Texts of libyaml: what it was doing, what it found.
            let what = [context?.text, problem].compactMap(\.self).joined(separator: ", ")
            report(line: mark.line, key: "the file", "is not YAML: \(what)")
        case .reader(let problem, _, _, _):
            report(line: nil, key: "the file", "is not YAML: \(problem)")
        default:
            report(line: nil, key: "the file", "is not YAML")
        }
    }

    /// Where a key of a mapping in lines of its own stands for the second time, of which the parser
    /// tells the first only. Nil when it is not found.
    private static func line(again key: String, _ first: Mark, in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let indent = first.column - 1
        for (index, line) in lines.enumerated().dropFirst(first.line) {
            let content = line.drop { $0 == " " }
            guard !content.isEmpty, content.first != "#" else { continue }
            let depth = line.count - content.count
            if depth < indent { return nil }
            let name = content.prefix { $0 != ":" }.filter { $0 != "\"" && $0 != "'" && $0 != " " }
            if depth == indent, content.contains(":"), name == key { return index + 1 }
        }
        return nil
    }
}
