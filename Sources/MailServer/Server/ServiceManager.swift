#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Tells the service manager that started the server, if one did, how far it is (sd_notify(3)).
package enum ServiceManager {
    package enum State: String, Sendable {
        case ready = "READY=1"
        case stopping = "STOPPING=1"
    }

    /// Never waits, and does nothing where nobody listens.
    package static func tell(_ state: State) {
        guard let path = getenv("NOTIFY_SOCKET") else { return }
        tell(state, at: String(cString: path))
    }

    /// - Parameter path: of a datagram socket; `@` begins the name of an abstract one.
    static func tell(_ state: State, at path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let start = MemoryLayout.offset(of: \sockaddr_un.sun_path)!
        var name = Array(path.utf8)
        guard name.first == UInt8(ascii: "/") || name.first == UInt8(ascii: "@"),
            name.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return }
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address) { space in
            UnsafeMutableRawBufferPointer(rebasing: space[start...]).copyBytes(from: name)
        }
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let text = Array(state.rawValue.utf8)
        // An abstract name is as long as its address says; a path's NUL may be left out.
        _ = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor, text, text.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT), $0,
                    socklen_t(start + name.count))
            }
        }
    }
}
