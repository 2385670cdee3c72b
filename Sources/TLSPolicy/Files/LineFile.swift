internal import Glibc

/// A failed call on a file of this module.
struct LineFileError: Error, CustomStringConvertible {
    let call: String
    let path: String
    let code: Int32

    var description: String { "\(call) \(path): \(String(cString: strerror(code)))" }
}

/// A file of lines that is only ever appended to, or replaced as a whole. Every call blocks.
///
/// A crash may leave a line in part, at the end; who reads the lines ignores what is none of theirs.
struct LineFile: Sendable {
    /// Longer lines are not given to the reader.
    private static let lineLimit = 1 << 20

    let path: String

    /// Appends lines, each with its line end. They are not synced: a crash of the process loses
    /// nothing, one of the system may.
    ///
    /// - Parameter limit: octets; a file that has reached it is left as it is.
    /// - Returns: false when it was.
    func append(_ lines: [UInt8], limit: Int = .max) throws(LineFileError) -> Bool {
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open") }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0 else { throw failure("lseek") }
        guard size < limit else { return false }
        var last: UInt8 = 0x0a
        guard size == 0 || pread(descriptor, &last, 1, size - 1) == 1 else { throw failure("pread") }
        try write((last == 0x0a ? [] : [0x0a]) + lines, to: descriptor)
        return true
    }

    /// Puts these lines in place of the file's; after a crash it has the old ones or the new.
    func replace(with lines: [UInt8]) throws(LineFileError) {
        let new = path + ".new"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open") }
        defer { close(descriptor) }
        try write(lines, to: descriptor)
        guard fdatasync(descriptor) == 0 else { throw failure("fdatasync") }
        guard rename(new, path) == 0 else { throw failure("rename") }
    }

    /// Calls `body` with each line, without its end. A file that does not exist has none.
    func forEachLine(_ body: (ArraySlice<UInt8>) -> Void) throws(LineFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw failure("open")
        }
        defer { close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        var line: [UInt8] = []
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw failure("read") }
            guard count > 0 else { break }
            var rest = chunk[..<count]
            while let end = rest.firstIndex(of: 0x0a) {
                line += rest[..<end]
                if line.count <= Self.lineLimit { body(line[...]) }
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            if line.count <= Self.lineLimit { line += rest }
        }
        if !line.isEmpty { body(line[...]) }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(LineFileError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            written += count
        }
    }

    private func failure(_ call: String) -> LineFileError {
        LineFileError(call: call, path: path, code: errno)
    }

    /// Makes a directory for its owner alone; one that exists is as good.
    static func createDirectory(_ path: String) throws(LineFileError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw LineFileError(call: "mkdir", path: path, code: errno)
        }
    }
}
