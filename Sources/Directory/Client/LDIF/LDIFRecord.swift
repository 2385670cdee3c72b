/// One record of an LDIF file: an entry to add, or a change.
package struct LDIFRecord: Hashable, Sendable {
    /// Of its `dn:` line; the first line is 1.
    package let line: Int
    package let change: DirectoryChange
    /// The line of each attribute value (of each modification's first line for a modify), in the
    /// order of the change, so that a complaint about a value can name its line.
    package let valueLines: [Int]
}

/// Why a record can't be read.
package struct LDIFError: Error, Hashable, Sendable, CustomStringConvertible {
    package let line: Int
    package let problem: String

    package var description: String { "line \(line): \(problem)" }
}
