#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// For commands that can't use the state directory.
package enum StateAdvice {
    /// What is wrong with the directory as such, and what to do; nil when it looks as it should.
    package static func problem(_ configuration: ServerConfiguration) -> String? {
        let path = configuration.stateDirectory
        let index = path + "/index.sqlite"
        if access(path, F_OK) == 0, access(index, F_OK) != 0, errno == ENOENT {
            return "\(path) has no index.sqlite: it is not a state directory, or no server has run on it; "
                + "see state in \(configuration.file)"
        }
        guard access(path, R_OK | X_OK) != 0 || access(index, R_OK) != 0 else { return nil }
        switch errno {
        case EACCES: return "\(path) can't be read: run this as root or as the server's user"
        case ENOENT:
            return "\(path) does not exist: the server makes it when it starts; see state in "
                + configuration.file
        default: return "\(path): \(String(cString: strerror(errno)))"
        }
    }
}
