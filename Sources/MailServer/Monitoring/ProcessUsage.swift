#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What the process takes of the machine.
struct ProcessUsage {
    /// User and system.
    var seconds: Double
    /// Octets in memory.
    var resident: Int

    static var now: ProcessUsage {
        ProcessUsage(
            seconds: Double(clock()) / Double(CLOCKS_PER_SEC), resident: residentOctets)
    }

    /// The second number of `/proc/self/statm`, in pages.
    private static var residentOctets: Int {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &text, text.count)
        let words = String(decoding: text[..<max(count, 0)], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}
