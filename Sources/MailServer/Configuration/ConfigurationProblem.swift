/// One thing that is wrong in a configuration file, told so that it can be mended at once.
package struct ConfigurationProblem: Error, Sendable, CustomStringConvertible {
    package var file: String
    /// From 1; nil when the problem is not at one place.
    package var line: Int?
    /// The key's path, as in `directory.cache.positive`.
    package var key: String
    /// What stands there; nil when the key is missing.
    package var value: String?
    /// What would be right.
    package var expected: String

    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        text += ": \(key)"
        if let value { text += " is “\(value)”" }
        return text + ": " + expected
    }
}

/// All that is wrong with a configuration.
package struct ConfigurationProblems: Error, Sendable, CustomStringConvertible {
    package var problems: [ConfigurationProblem]
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
