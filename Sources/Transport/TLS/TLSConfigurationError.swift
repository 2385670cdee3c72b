/// A certificate, key or CA file that cannot be used: which file, and what is wrong with it.
package struct TLSConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Empty when no file is to blame.
    package let file: String
    package let problem: String

    package var description: String { file.isEmpty ? problem : "\(file): \(problem)" }
}
