#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import Logging
internal import MailModel
internal import Synchronization

/// The files of the history, `STATE/history/YYYYMMDD-NNNN.log`: lines are appended to the last one,
/// a new one begins with a day (UTC) or when it has got large, and the oldest are removed.
///
/// Nothing is synced: what a crash of the machine takes away is the last seconds' lines, or a part
/// of one.
final class HistoryFiles: Sendable {
    struct Limits: Sendable {
        var days = 14
        /// Octets of all files.
        var size = 1 << 30
        /// Of lines that wait for the disk.
        var memory = 8 << 20
    }

    private let writer: GatheringWriter

    /// Makes the folder.
    /// - Throws: `ServerStartError` when it can't be made.
    init(_ folder: String, limits: Limits = Limits(), logger: Logger) throws(ServerStartError) {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw ServerStartError("\(folder): \(String(cString: strerror(errno)))")
        }
        let tail = Mutex(HistoryTail(folder, limits: limits))
        writer = GatheringWriter(capacity: limits.memory, gathering: .milliseconds(50)) {
            batch, dropped in
            let problem = tail.withLock { $0.write(batch, at: .now) }
            if dropped > 0 {
                logger.warning("history: lines were dropped", metadata: ["count": "\(dropped)"])
            }
            if let problem {
                logger.error("history: lines were not written", metadata: ["error": "\(problem)"])
            }
        }
    }

    func append(_ line: [UInt8]) { writer.append(line) }

    /// Returns once all that was appended before is written, or after two seconds.
    func flush() { writer.flush() }

    /// Writes what is left. Blocks.
    func close() { writer.close() }

    /// Names of the folder's files, the oldest first.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if isName(name) { names.append(name) }
        }
        return names.sorted()
    }

    private static func isName(_ name: String) -> Bool {
        let octets = Array(name.utf8)
        return octets.count == 17 && octets[8] == UInt8(ascii: "-") && name.hasSuffix(".log")
            && (octets[..<8] + octets[9..<13]).allSatisfy { (0x30...0x39).contains($0) }
    }
}
