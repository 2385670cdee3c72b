/// A server address, file or value that the resolver can't be made with: which, and what is wrong.
package struct DNSConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The setting's value or the file's path; empty when none is to blame.
    package let subject: String
    package let problem: String

    package var description: String { subject.isEmpty ? problem : "\(subject): \(problem)" }
}
