#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The folder of the local socket. Its permissions decide who may connect, so nobody but the owner
/// gets in, from before the socket is there.
enum LocalSocketFolder {
    static func make(for socket: String) throws(ServerStartError) {
        let folder = String(socket[..<(socket.lastIndex(of: "/") ?? socket.startIndex)])
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST, chmod(folder, 0o700) == 0 else {
            throw ServerStartError("\(folder): \(String(cString: strerror(errno)))")
        }
    }
}
