import Glibc

/// Keeps servers from a state directory while the object lives: what a running server holds itself.
package final class StateLock: Sendable {
    private let lock: any FileLock

    /// - Throws: `StorageError` when a server runs, `FileSystemError`.
    package init(_ directory: String) throws {
        let path = directory + "/lock"
        do throws(FileSystemError) {
            lock = try SystemFileSystem().lock(path)
        } catch {
            guard error.code == EWOULDBLOCK else { throw error }
            throw StorageError("a server uses \(directory)")
        }
        StateOwner(of: directory).take(path)
    }
}
