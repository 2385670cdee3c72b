import Glibc
import MailModel

/// Why a state directory can't be opened.
package struct StorageError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension FileSystemError {
    /// The sender may try again once there is room.
    var isFull: Bool { code == ENOSPC || code == EDQUOT }

    var mailError: MailError { isFull ? .storageFull(description) : .localProblem(description) }
}

extension MailError {
    static func recordTooLong(_ length: Int) -> MailError {
        .localProblem("envelope and message need a record of \(length) octets")
    }

    static let closing = MailError.localProblem("the storage engine is shutting down")
}
