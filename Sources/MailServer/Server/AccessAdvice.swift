#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What to do about files that are not this process's to use, once it is no longer root.
enum AccessAdvice {
    /// Empty when the file can be read, or is not there.
    static func reading(_ path: String) -> String {
        isDenied(path, R_OK) ? ": let user \(userName) read it" : ""
    }

    /// The state directory is another's. Nil when it is ours, or can be made.
    static func stateDirectory(_ path: String) -> ServerStartError? {
        if isDenied(path, R_OK | W_OK | X_OK) {
            return ServerStartError(
                "state directory \(path): give it, with what is in it, to user \(userName), as whom "
                    + "the server runs")
        }
        guard access(path, F_OK) != 0, errno == ENOENT, let slash = path.lastIndex(of: "/"),
            isDenied(String(path[...slash]), W_OK | X_OK)
        else { return nil }
        return ServerStartError(
            "state directory \(path): it is not there; make it, for user \(userName), as whom the "
                + "server runs")
    }

    private static func isDenied(_ path: String, _ rights: Int32) -> Bool {
        access(path, rights) != 0 && errno == EACCES
    }

    private static var userName: String {
        getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
    }
}
