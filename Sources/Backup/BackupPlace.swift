#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What somebody names as a backup and is none.
enum BackupPlace {
    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// What is wrong with it, and what to do; nil when it is a directory with a manifest.
    static func problem(_ path: String) -> BackupError? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return errno == ENOENT
                ? BackupError("\(path) does not exist: name the directory of a backup")
                : .system("open", path)
        }
        if status.st_mode & S_IFMT == S_IFREG { return archiveProblem(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return foreign(path) }
        guard access(path + "/" + BackupManifest.fileName, R_OK) == 0 else {
            return errno == ENOENT
                ? BackupError(
                    "\(path) has no \(BackupManifest.fileName): it is no backup, or one that was cut short; "
                        + "take another")
                : .system("read", path + "/" + BackupManifest.fileName)
        }
        return nil
    }

    static func foreign(_ path: String) -> BackupError {
        BackupError("\(path) is neither the directory of a backup nor an archive of one")
    }

    /// Why this file can't be read as a directory's.
    private static func archiveProblem(_ path: String) -> BackupError {
        do throws(BackupError) {
            switch try TarReader(path).look() {
            case .success:
                return BackupError(
                    "\(path) is an archive: unpack it first (mkdir DIR; tar -xf \(path) -C DIR), and name DIR")
            case .failure(let problem): return problem.error(of: path)
            }
        } catch {
            return error
        }
    }
}
