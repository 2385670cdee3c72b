internal import Glibc

/// A file read in parts.
final class FileReader {
    static let partSize = 256 * 1024

    let path: String
    private let descriptor: Int32

    init(_ path: String, ofOneMessage: Bool = true) throws(MigrationError) {
        self.path = path
        // A FIFO that nobody writes to would keep open() for ever.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(path, ofOneMessage: ofOneMessage) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw MigrationError("\(path): it is no file", isOfOneMessage: ofOneMessage)
        }
    }

    deinit { close(descriptor) }

    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Calls `body` with the octets of `range`, in order, in parts.
    func read(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        var part = [UInt8](repeating: 0, count: min(Self.partSize, max(range.count, 1)))
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = min(part.count, range.upperBound - offset)
            let count = pread(descriptor, &part, wanted, off_t(offset))
            guard count >= 0 else { throw .system(path, ofOneMessage: true) }
            guard count > 0 else {
                throw MigrationError("\(path): it became shorter", isOfOneMessage: true)
            }
            var failure: MigrationError?
            part.withUnsafeBytes { bytes in
                do throws(MigrationError) {
                    try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                } catch { failure = error }
            }
            if let failure { throw failure }
            offset += count
        }
    }
}

enum Files {
    /// Names in a directory, sorted, without "." and "..".
    static func names(in path: String) throws(MigrationError) -> [String] {
        guard let directory = opendir(path) else { throw .system(path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Symbolic links are nothing: whoever owns a tree must not have others' files read by root.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// What the user named, without symbolic links: those above it are the administrator's.
    static func resolve(_ path: String) throws(MigrationError) -> String {
        guard let resolved = realpath(path, nil) else { throw .system(path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Milliseconds since 1970.
    static func modificationTime(_ path: String) -> Int64? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
    }

    static func makeDirectory(_ path: String) throws(MigrationError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system(path) }
    }
}
