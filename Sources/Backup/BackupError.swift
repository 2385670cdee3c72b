#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Why a backup could not be made or restored, and what to do: one sentence.
package struct BackupError: Error, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter description: what is wrong, and what to do about it.
    init(_ description: String) { self.description = description }

    /// The call on this file that failed just now.
    static func system(_ call: String, _ path: String) -> BackupError {
        let code = errno
        let advice =
            switch code {
            case ENOENT where ["mkdir", "create"].contains(call): "; make the folder above it first"
            case EEXIST: "; name another one, or remove it"
            case EACCES, EPERM: "; run this as root or as the server's user"
            case ENOSPC, EDQUOT: "; make room there"
            case EROFS: "; name a place that can be written"
            default: ""
            }
        return BackupError("\(call) \(path): \(String(cString: strerror(code)))\(advice)")
    }
}
