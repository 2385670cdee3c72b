import Glibc
import NIOCore

/// Socket activation: what a service manager passes on by LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES
/// (sd_listen_fds(3)).
package enum InheritedSockets {
    /// The first descriptor behind standard error.
    private static let first: CInt = 3
    private static let limit = 1024

    /// Takes the sockets over, once: programs that this process starts inherit neither them nor the
    /// variables. None when the variables are not there or meant for another process.
    ///
    /// To be called while no other thread reads the environment.
    /// - Throws: `IOError` when one of them is no listening stream socket.
    package static func take() throws -> [ListeningSocket] {
        let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]
        let names = names(getpid()) { name in getenv(name).map { String(cString: $0) } }
        for variable in variables {
            unsetenv(variable)
        }
        var sockets: [ListeningSocket] = []
        for (descriptor, name) in zip(first..., names) {
            let flags = fcntl(descriptor, F_GETFD)
            guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0 else {
                throw IOError(errnoCode: errno, reason: "inherited descriptor \(descriptor)")
            }
            sockets.append(try ListeningSocket(descriptor: descriptor, name: name))
        }
        return sockets
    }

    /// One name for each descriptor.
    static func names(_ process: pid_t, _ variable: (String) -> String?) -> [String] {
        guard variable("LISTEN_PID").flatMap({ pid_t($0) }) == process,
            let count = variable("LISTEN_FDS").flatMap({ Int($0) }), count > 0, count <= limit
        else { return [] }
        let names = variable("LISTEN_FDNAMES").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
        guard let names, names.count == count else {
            return [String](repeating: "unknown", count: count)
        }
        return names
    }
}
