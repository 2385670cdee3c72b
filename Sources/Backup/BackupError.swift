#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Why a backup could not be made or restored: one sentence.
package struct BackupError: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// The call on this file that failed just now.
    static func system(_ call: String, _ path: String) -> BackupError {
        BackupError("\(call) \(path): \(String(cString: strerror(errno)))")
    }
}
