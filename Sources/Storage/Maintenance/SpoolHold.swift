import Glibc

/// Keeps every file of a spool directory where it is, as long as the object lives: for backups and
/// checks in a process of their own beside the server.
///
/// A lock on `spool/hold`. Whoever removes a file shares it for that moment and leaves the file where
/// it is when a hold is in the way; a process that dies leaves nothing behind. Since the index lets go
/// of a file before the file is removed, everything that an index snapshot taken under the hold refers
/// to is there, and so is what the log's records behind that snapshot refer to.
final class SpoolHold: Sendable {
    private static let interval: UInt32 = 1_000
    /// Seconds that `init` waits for those who remove files.
    private static let patience = 5

    private let lock: any FileLock

    /// Blocks for seconds at most.
    /// - Throws: `StorageError` while another hold is there.
    init(_ spool: String, _ fileSystem: any FileSystem) throws {
        let path = Self.path(spool)
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        while true {
            do throws(FileSystemError) {
                lock = try fileSystem.lock(path)
                StateOwner(of: spool).take(path)
                return
            } catch {
                guard error.code == EWOULDBLOCK else { throw error }
            }
            guard ContinuousClock.now < deadline else {
                throw StorageError("\(spool) is held by another backup or check")
            }
            usleep(Self.interval)
        }
    }

    /// For the removal of files; nil while somebody holds the directory.
    static func use(_ spool: String, _ fileSystem: any FileSystem) throws(FileSystemError)
        -> (any FileLock)?
    {
        do throws(FileSystemError) {
            return try fileSystem.lock(path(spool), isShared: true)
        } catch {
            guard error.code == EWOULDBLOCK else { throw error }
            return nil
        }
    }

    private static func path(_ spool: String) -> String { spool + "/hold" }
}
