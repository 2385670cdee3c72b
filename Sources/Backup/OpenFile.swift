#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A file descriptor with blocking reads and writes; closed on release.
final class OpenFile {
    let path: String
    private let descriptor: Int32
    private let isOurs: Bool

    /// For reading.
    /// - Parameter followsLink: somebody has named it, and may name a symbolic link.
    convenience init(reading path: String, followsLink: Bool = false) throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw .system("open", path) }
        self.init(owning: descriptor, path)
    }

    /// The same; nil when there is no such file.
    convenience init?(readingIfPresent path: String) throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw .system("open", path) }
        self.init(owning: descriptor, path)
    }

    private init(owning descriptor: Int32, _ path: String) {
        self.path = path
        self.descriptor = descriptor
        isOurs = true
    }

    /// A new file, for its owner only.
    init(creating path: String) throws(BackupError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        isOurs = true
        guard descriptor >= 0 else { throw .system("create", path) }
    }

    /// One that somebody else opened, and closes.
    init(borrowing descriptor: Int32, as path: String) {
        self.path = path
        self.descriptor = descriptor
        isOurs = false
    }

    deinit { if isOurs { close(descriptor) } }

    /// Fills the buffer; fewer octets at the end of the file only.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(BackupError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = Self.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("read", path) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    func size() throws(BackupError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("read", path) }
        return Int64(status.st_size)
    }

    /// What is read next begins there.
    func seek(to place: Int64) throws(BackupError) {
        guard lseek(descriptor, off_t(place), SEEK_SET) >= 0 else { throw .system("read", path) }
    }

    /// - Parameter count: octets that the file must have there.
    func read(at place: Int64, count: Int) throws(BackupError) -> [UInt8] {
        try seek(to: place)
        var octets = [UInt8](repeating: 0, count: count)
        let result = octets.withUnsafeMutableBytes { space in
            Result { () throws(BackupError) in try read(into: space) }
        }
        guard try result.get() == count else { throw BackupError("\(path) became shorter") }
        return octets
    }

    func write(_ octets: UnsafeRawBufferPointer) throws(BackupError) {
        var written = 0
        while written < octets.count {
            let count = Self.write(descriptor, octets.baseAddress! + written, octets.count - written)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("write", path) }
            written += count
        }
    }

    func write(_ octets: [UInt8]) throws(BackupError) {
        let result = octets.withUnsafeBytes { octets in
            Result { () throws(BackupError) in try write(octets) }
        }
        try result.get()
    }

    /// Makes the contents durable, dates the file, and lets its pages go: a backup is not to push the
    /// server's mail out of memory.
    func finish(modified: Int64) throws(BackupError) {
        let time = timespec(
            tv_sec: Int(modified / 1_000_000_000), tv_nsec: Int(modified % 1_000_000_000))
        guard futimens(descriptor, [time, time]) == 0, fsync(descriptor) == 0 else {
            throw .system("sync", path)
        }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    func sync() throws(BackupError) {
        guard fsync(descriptor) == 0 else { throw .system("sync", path) }
    }

    private static func read(_ descriptor: Int32, _ to: UnsafeMutableRawPointer, _ count: Int) -> Int {
        Glibc.read(descriptor, to, count)
    }

    private static func write(_ descriptor: Int32, _ from: UnsafeRawPointer, _ count: Int) -> Int {
        Glibc.write(descriptor, from, count)
    }
}
