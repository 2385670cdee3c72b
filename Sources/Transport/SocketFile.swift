import Glibc
import NIOCore

enum SocketFile {
    /// Removes the socket that an earlier server left; anything else at the path stays, and binding
    /// fails.
    static func removeStale(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        guard unlink(path) == 0 else { throw IOError(errnoCode: errno, reason: "remove \(path)") }
    }
}
