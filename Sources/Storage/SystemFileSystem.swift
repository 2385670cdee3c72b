import Glibc

/// The real disk.
package struct SystemFileSystem: FileSystem {
    package init() {}

    package func createDirectory(_ path: String) throws(FileSystemError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    package func open(_ path: String, _ opening: FileOpening) throws(FileSystemError)
        -> any StorageFile
    {
        let flags = opening == .create ? O_RDWR | O_CREAT : O_RDWR
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", path) }
        return SystemFile(descriptor, path: path)
    }

    package func lock(_ path: String, isShared: Bool) throws(FileSystemError) -> any FileLock {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", path) }
        guard flock(descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            let failure = failure("flock", path)
            close(descriptor)
            throw failure
        }
        return SystemFileLock(descriptor)
    }

    package func list(_ directory: String) throws(FileSystemError) -> [String] {
        guard let stream = opendir(directory) else { throw failure("opendir", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw failure("readdir", directory) }
        return names
    }

    package func unlink(_ path: String) throws(FileSystemError) {
        guard Glibc.unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
    }

    package func syncDirectory(_ path: String) throws(FileSystemError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    package func freeBytes(at path: String) throws(FileSystemError) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw failure("statvfs", path) }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    private func failure(_ call: String, _ path: String) -> FileSystemError {
        FileSystemError(call: call, path: path, code: errno)
    }
}

/// A lock of flock(2), given back on release.
private final class SystemFileLock: FileLock {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit {
        // Closing alone would not do: a process that is just being started has the descriptor as well,
        // until its program runs.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
