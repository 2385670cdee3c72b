internal import Directory

/// A setting that is well-formed, but names what the server can't use: a key that is not there, say.
struct UnusableSetting: Error, Sendable {
    /// The key's path, as in `dkim.keys.first.file`.
    var key: String
    /// What stands there; a file's path in full.
    var value: String
    /// What is wrong with it.
    var problem: String
    /// What would be right.
    var expected: String

    /// As `serve` tells it.
    func problem(in file: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: file, key: key, value: value, expected: "\(problem); expected \(expected)")
    }

    /// As `martlet check` does.
    var finding: Finding {
        Finding(.error, key, "\(value): \(problem)", whatToDo: "expected \(expected)")
    }
}
