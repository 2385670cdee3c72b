import Glibc
import NIOCore

/// Unix sockets as files.
package enum SocketFile {
    /// Removes the socket that an earlier server left; anything else at the path stays, and binding
    /// fails.
    static func removeStale(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        guard unlink(path) == 0 else { throw IOError(errnoCode: errno, reason: "remove \(path)") }
    }

    /// Whether a process listens there, and this one may connect.
    package static func isAnswered(_ path: String) -> Bool {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else { return false }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // A full backlog is somebody's, too.
        return address.withSockAddr { connect(descriptor, $0, socklen_t($1)) } == 0 || errno == EAGAIN
    }
}
