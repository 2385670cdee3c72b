#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What the state directory takes on its disk, in octets.
struct DiskUsage: Sendable {
    var segments = 0
    var largeMessages = 0
    var index = 0
    var free = 0

    /// Looks at each file of the spool. Off the event loop: it waits for the disk.
    @concurrent
    static func measure(_ state: String) async -> DiskUsage {
        var usage = DiskUsage()
        each(in: state + "/spool") { name, size in
            if name.hasSuffix(".log") { usage.segments += size }
            if name.hasSuffix(".big") { usage.largeMessages += size }
        }
        each(in: state) { name, size in
            if name.hasPrefix("index.sqlite") { usage.index += size }
        }
        var system = statvfs()
        if statvfs(state, &system) == 0 { usage.free = Int(system.f_bavail) * Int(system.f_frsize) }
        return usage
    }

    private static func each(in folder: String, _ body: (String, Int) -> Void) {
        guard let stream = opendir(folder) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            body(name, Int(status.st_blocks) * 512)
        }
    }
}
