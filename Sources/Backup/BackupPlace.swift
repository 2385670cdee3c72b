#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What somebody names as a backup and is none.
enum BackupPlace {
    /// What is wrong with it, and what to do; nil when it is a directory with a manifest.
    static func problem(_ path: String) -> BackupError? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return errno == ENOENT
                ? BackupError("\(path) does not exist: name the directory of a backup")
                : .system("open", path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return archiveProblem(path) }
        guard access(path + "/" + BackupManifest.fileName, R_OK) == 0 else {
            return errno == ENOENT
                ? BackupError(
                    "\(path) has no \(BackupManifest.fileName): it is no backup, or one that was cut short; "
                        + "take another")
                : .system("read", path + "/" + BackupManifest.fileName)
        }
        return nil
    }

    private static func archiveProblem(_ path: String) -> BackupError {
        do throws(BackupError) {
            switch try TarReader(path).look() {
            case .whole:
                return BackupError(
                    "\(path) is an archive: unpack it first (mkdir DIR; tar -xf \(path) -C DIR), and restore DIR")
            case .cutShort:
                return BackupError("\(path) is an archive without its end: copy it anew, or take another")
            case .damaged:
                return BackupError("\(path) is a damaged archive: copy it anew, or take another")
            case .foreign:
                return BackupError("\(path) is neither the directory of a backup nor an archive of one")
            }
        } catch {
            return error
        }
    }
}
